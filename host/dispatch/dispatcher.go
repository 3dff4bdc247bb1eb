package dispatch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/activity"
)

// Options configure a Dispatcher. Zero values mean the defaults.
type Options struct {
	Region string // named in ARNs; us-east-1
	// Grace is how long running invocations may take to finish once Run's context has ended; 25 s. Then they are given up.
	Grace      time.Duration
	Sender     Sender                // to queues that are destinations; nil if none can be
	Publisher  Publisher             // to subjects that are destinations; nil if none can be
	Taps       Taps                  // for mappings of taps; nil if there are none
	Copier     Copier                // for mappings of taps; nil if there are none
	Logger     *slog.Logger          // slog.Default()
	Activity   *activity.Feed        // is told of every invocation; nil for none
	Registerer prometheus.Registerer // of the metrics; nil for none
}

// Dispatcher serves mappings. Its methods may be called from many goroutines.
type Dispatcher struct {
	source  Source
	invoker Invoker
	options Options
	metrics *metrics

	work sync.WaitGroup // the workers of all mappings

	mu      sync.Mutex
	pollers map[string]*poller // by ID of the mapping
	phase   phase
	take    context.Context //nolint:containedctx // ends when no more work is to be taken; nil before Run
	finish  context.Context //nolint:containedctx // ends when work in hand is to be given up; nil before Run
}

// phase is what a Dispatcher does. It goes through the phases once, in order.
type phase int

const (
	prepared phase = iota
	running
	stopping
)

// New makes a Dispatcher without mappings.
func New(source Source, invoker Invoker, options Options) (*Dispatcher, error) {
	if source == nil || invoker == nil {
		return nil, errors.New("dispatch needs a source of messages and an invoker of functions")
	}
	options.Region = cmp.Or(options.Region, "us-east-1")
	options.Grace = cmp.Or(options.Grace, 25*time.Second)
	options.Logger = cmp.Or(options.Logger, slog.Default())
	m, err := newMetrics(options.Registerer)
	if err != nil {
		return nil, err
	}
	return &Dispatcher{source: source, invoker: invoker, options: options, metrics: m, pollers: map[string]*poller{}}, nil
}

// errAbandoned is why an invocation that outlasts the grace period is canceled.
var errAbandoned = errors.New("the process stops and the grace period is over")

// Run serves the mappings until ctx ends. Then no mapping receives any more, running invocations have the grace period to
// finish, and what is left is canceled and its messages made visible. Run returns when all workers have ended. It may be
// called once.
func (d *Dispatcher) Run(ctx context.Context) error {
	finish, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)
	if err := d.begin(ctx, finish); err != nil {
		return err
	}
	<-ctx.Done()
	d.end()

	drained := make(chan struct{})
	go func() {
		d.work.Wait()
		close(drained)
	}()
	grace := time.NewTimer(d.options.Grace)
	defer grace.Stop()
	select {
	case <-drained:
		return nil
	case <-grace.C:
	}
	d.options.Logger.WarnContext(finish, "running invocations are given up: they did not finish in the grace period",
		"grace", d.options.Grace, "batches", d.inWork())
	abandon(errAbandoned)
	<-drained
	return nil
}

func (d *Dispatcher) begin(take, finish context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != prepared {
		return &Error{Code: CodeStopped, Problem: "a dispatcher runs only once"}
	}
	d.phase, d.take, d.finish = running, take, finish
	for _, p := range d.pollers {
		p.start(take, finish)
	}
	return nil
}

func (d *Dispatcher) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.phase = stopping
	for _, p := range d.pollers {
		p.stop()
	}
}

func (d *Dispatcher) inWork() (batches int) {
	for _, s := range d.Status() {
		batches += s.Running
	}
	return batches
}

// Check says what is wrong with a mapping, and nothing if it could be served.
func Check(m Mapping) error {
	_, err := compile(m.withDefaults())
	return err
}

// Apply makes the mappings given those that are served of an origin, such as the configuration: new ones begin, changed
// ones go on with what has changed, and those that are missing end, all without loss of what is in work. What was paused
// stays so. The mappings of other origins go on untouched; no two mappings have the same ID, whatever their origin. When it
// returns an error nothing has changed.
func (d *Dispatcher) Apply(origin string, mappings []Mapping) error {
	plans := make(map[string]*plan, len(mappings))
	for _, m := range mappings {
		m = m.withDefaults()
		m.Filters = slices.Clone(m.Filters)
		if plans[m.ID] != nil {
			return &Error{Code: CodeDuplicate, Mapping: m.ID, Problem: "it is there twice"}
		}
		p, err := compile(m)
		if err != nil {
			return err
		}
		if err := d.reaches(p); err != nil {
			return err
		}
		p.locate(d.source, d.options.Region)
		plans[m.ID] = p
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == stopping {
		return &Error{Code: CodeStopped, Problem: "the dispatcher has stopped"}
	}
	for id := range plans {
		if p := d.pollers[id]; p != nil && p.origin != origin {
			return &Error{Code: CodeDuplicate, Mapping: id, Problem: "it is there already, from " + p.origin}
		}
	}
	for id, p := range d.pollers {
		if p.origin == origin && plans[id] == nil {
			p.stop()
			d.metrics.forget(id)
			delete(d.pollers, id)
		}
	}
	for id, plan := range plans {
		switch p := d.pollers[id]; {
		case p == nil:
			p = newPoller(d, origin, plan)
			d.pollers[id] = p
			if d.phase == running {
				p.start(d.take, d.finish)
			}
		case !reflect.DeepEqual(p.current().Mapping, plan.Mapping):
			p.change(plan)
		}
	}
	return nil
}

// Pause stops a mapping from receiving. What it has in work is finished.
func (d *Dispatcher) Pause(id string) error { return d.setPaused(id, true) }

// Resume lets a mapping go on that was paused.
func (d *Dispatcher) Resume(id string) error { return d.setPaused(id, false) }

func (d *Dispatcher) setPaused(id string, paused bool) error {
	d.mu.Lock()
	p := d.pollers[id]
	d.mu.Unlock()
	if p == nil {
		return &Error{Code: CodeUnknown, Mapping: id, Problem: "there is no such mapping"}
	}
	p.pause(paused)
	return nil
}

// Status returns the mappings by ID.
func (d *Dispatcher) Status() []Status {
	d.mu.Lock()
	all := make([]Status, 0, len(d.pollers))
	for _, p := range d.pollers {
		all = append(all, p.status())
	}
	d.mu.Unlock()
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Mapping.ID, b.Mapping.ID) })
	return all
}
