package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stage is a part of the process that is started after those before it and stopped
// before them.
type stage struct {
	name string
	// budget is how long its stop may take before it is given up.
	budget time.Duration
	// start opens the part. Its context ends when the start is to be given up, not when
	// the part is to stop.
	start func(ctx context.Context) (stop stopFunc, err error)
}

// stopFunc stops a part. When its context ends it stops waiting for work to finish.
type stopFunc func(ctx context.Context) error

// stages lists the parts in the order in which they start.
func (h *Host) stages() []stage {
	return []stage{
		// First up and last down, so that it can tell of starting and stopping.
		{"console listener", 5 * time.Second, h.startConsole},
		{"store", 12 * time.Second, h.startStore},
		{"queues", time.Second, h.startQueues},
		{"operations", time.Second, h.startOperations},
		{"functions", 4 * time.Second, h.startFunctions},
		{"move tasks", 2 * time.Second, h.startMoveTasks},
		{"deployments", time.Second, h.startDeployments},
		// Running functions have the grace to finish, and a moment to be given up.
		{"mappings", h.Config().ShutdownGrace + 5*time.Second, h.startMappings},
		{"asynchronous invocations", h.Config().ShutdownGrace + 5*time.Second, h.startEvents},
		{"deployment", 2 * time.Second, h.startDeployment},
		{"NATS clients", 5 * time.Second, h.startNative},
		{"SQS listener", 5 * time.Second, h.startSQS},
	}
}

// running is a stage that was started.
type running struct {
	stage

	stop stopFunc
}

// start starts all stages. It returns those that were started, also with an error.
func (h *Host) start(ctx context.Context) ([]running, error) {
	var started []running
	for _, s := range h.stages() {
		began := time.Now()
		stop, err := s.start(ctx)
		if err != nil {
			return started, fmt.Errorf("start %s: %w", s.name, err)
		}
		started = append(started, running{s, stop})
		h.phase.enter(s.name)
		h.log.DebugContext(ctx, "started", "stage", s.name, "took", time.Since(began))
	}
	return started, nil
}

// stop drains and stops the stages in reverse. A stage that does not stop within its
// budget is left behind.
func (h *Host) stop(ctx context.Context, started []running) error {
	h.phase.set(stopping)
	for _, do := range h.drains {
		do()
	}
	var failures []error
	for _, s := range slices.Backward(started) {
		began := time.Now()
		if err := s.stopWithin(ctx); err != nil {
			h.log.ErrorContext(ctx, "stop", "stage", s.name, "error", err)
			failures = append(failures, fmt.Errorf("stop %s: %w", s.name, err))
		}
		h.phase.leave(s.name)
		h.log.DebugContext(ctx, "stopped", "stage", s.name, "took", time.Since(began))
	}
	h.log.InfoContext(ctx, "stopped")
	return errors.Join(failures...)
}

// onDrain has a function called when the process begins to stop, before any stage is
// stopped: to take no more work.
func (h *Host) onDrain(do func()) { h.drains = append(h.drains, do) }

// background runs a part until its stop. If it fails before, so does the process. The
// channel yields its error once it has ended.
func (h *Host) background(name string, run func() error) <-chan error {
	ended := make(chan error, 1)
	go func() {
		err := run()
		if err != nil {
			h.fail(fmt.Errorf("%s: %w", name, err))
		}
		ended <- err
	}()
	return ended
}

var errOverBudget = errors.New("it took too long and was left behind")

// overrun is what a stage gets beyond its budget to notice that the budget is used up.
const overrun = time.Second

func (s *running) stopWithin(ctx context.Context) error {
	budgeted, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.stop(budgeted) }()
	late := time.NewTimer(s.budget + overrun)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		return errOverBudget
	}
}

// Unfinished says what a process that ends now would abandon, "" when nothing is left.
func (h *Host) Unfinished() string { return strings.Join(h.phase.unfinished(), ", ") }
