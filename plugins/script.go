package plugins

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/javascript"
)

// scriptHandler is the export of a script that handles events, if the function's configuration names no other.
const scriptHandler = "handler"

// script is a handler in JavaScript. The guest is an engine; the script is evaluated once in each instance.
type script struct {
	script  javascript.Script
	handler string
}

func newScript(s javascript.Script, asked string) script {
	// Lambda names a file and an export: index.handler. There is one file here.
	handler := asked[strings.LastIndexByte(asked, '.')+1:]
	if handler == "" {
		handler = scriptHandler
	}
	return script{script: s, handler: handler}
}

func (s script) run(i *instance) error {
	i.vm = javascript.NewVM(i.mod, scriptHost{i}, abi.MaxResponse, abi.MaxEvent)
	if err := i.vm.Start(i.ctx, s.script, s.handler, i.v.config.Environment); err != nil {
		return err
	}
	if err := i.drive(); err != nil {
		return err
	}
	if out := i.vm.Outcome(); out.Failed {
		return &javascript.ScriptError{Message: string(out.Text)}
	}
	i.calls.end()
	if !i.announce(nil) {
		return nil
	}
	for b := i.pause(); b != nil; b = i.pause() {
		i.phase(b.ctx, b.Deadline, b)
		fill := func(to []byte) { b.readEvent(to) }
		if err := i.vm.Invoke(i.ctx, b.readEvent(nil), fill, abi.AppendInvocation(nil, i.about())); err != nil {
			return err
		}
		if err := i.drive(); err != nil {
			return err
		}
		i.finish(scriptVerdict(i, b))
	}
	return nil
}

// scriptVerdict is what came of a batch whose handler has settled.
func scriptVerdict(i *instance, b *batch) error {
	out, name := i.vm.Outcome(), i.v.config.Name
	i.exited = out.Crashed
	switch {
	case out.Failed:
		return handlerError(name, out.Text)
	case b.reply(out.Text) != abi.OK:
		return tooBigResponse(name)
	default:
		return nil
	}
}

// next is not for scripts.
func (script) next(*instance) int32 { return int32(abi.Invalid) }

// drive runs the script until it has settled what it was asked to do: jobs, timers and ends of operations in turn.
func (i *instance) drive() error {
	for {
		timer, err := i.vm.Run(i.ctx)
		if err != nil || i.vm.Outcome().Settled {
			return err
		}
		if timer < 0 && len(i.calls.pending) == 0 {
			if err := i.vm.Stuck(i.ctx); err != nil {
				return err
			}
			continue
		}
		if err := i.await(timer); err != nil {
			return err
		}
		if err := i.settle(); err != nil {
			return err
		}
	}
}

// await waits until an operation has ended or a timer is due; a negative one never is.
func (i *instance) await(timer time.Duration) error {
	i.park()
	defer i.unpark()
	var due <-chan time.Time
	if timer >= 0 {
		t := time.NewTimer(timer)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
	case <-i.calls.ending:
	case <-i.watch.context().Done():
		return errStopped
	}
	return nil
}

// settle tells the script which of its operations have ended.
func (i *instance) settle() error {
	for handle, call := range i.calls.pending {
		select {
		case <-call.done:
		default:
			continue
		}
		i.calls.forget(handle)
		header, body, err := abi.SplitFrame(call.response)
		if err = errors.Join(call.err, err); err != nil {
			header, body = nil, nil
		}
		if err := i.vm.Settle(i.ctx, handle, int32(errnoOf(err)), header, body); err != nil {
			return err
		}
	}
	return nil
}

// scriptHost is what an engine reaches of the process.
type scriptHost struct{ i *instance }

// Check ends a script whose time is up.
func (h scriptHost) Check() { h.i.checkTime() }

// Log logs text line by line.
func (h scriptHost) Log(level int, text []byte) {
	for line := range bytes.Lines(text) {
		h.i.logText(slogLevel(abi.LogLevel(level)), line)
	}
}

// Start begins an operation, which ends with the invocation.
func (h scriptHost) Start(operation string, header, body []byte) int32 {
	switch {
	case !abi.IsOperation(operation):
		return int32(abi.Unknown)
	case len(header)+len(body) > abi.MaxEvent:
		return int32(abi.TooBig)
	}
	caller, services := h.i.caller(), h.i.v.host.services
	request := abi.AppendFrame(nil, header, body)
	return h.i.calls.start(h.i.watch.context(), len(request), func(ctx context.Context) ([]byte, error) {
		return services.Call(ctx, caller, operation, request)
	})
}

// Random fills p with random bytes.
func (scriptHost) Random(p []byte) {
	if _, err := rand.Read(p); err != nil {
		panic(fmt.Errorf("read random bytes: %w", err))
	}
}

// scriptFailure is the error of a script that could not be evaluated.
func (i *instance) scriptFailure(s *javascript.ScriptError) error {
	message, stack, _ := strings.Cut(s.Message, "\n")
	if where, _, _ := strings.Cut(strings.TrimSpace(stack), "\n"); where != "" {
		message += " (" + where + ")"
	}
	return &TrapError{Function: i.v.config.Name, Reason: message, Stack: stack}
}
