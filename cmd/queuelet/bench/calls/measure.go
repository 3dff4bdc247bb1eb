package calls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/bare"
)

const (
	function = "measured"
	// A turn is long beside what it takes to begin one, and short beside what the machine does otherwise.
	turn = 50 * time.Millisecond
	// The first turns are for instances to be made, and for what they keep to grow to its size.
	warmUp = 6
)

// Options say what is measured.
type Options struct {
	Module   string // path of the WebAssembly module
	Batch    int    // messages in an event
	Size     int    // bytes of a message's body, a JSON document
	Duration time.Duration
}

// Part is what one of the two ways came to.
type Part struct {
	Messages int
	Took     time.Duration // processor time; where that is not known, time as it passes
}

// Result sets the way through dispatch and the pool beside bare calls.
type Result struct{ Through, Bare Part }

// Measure measures a function.
func Measure(ctx context.Context, o Options) (_ Result, err error) {
	wasm, err := os.ReadFile(o.Module)
	if err != nil {
		return Result{}, fmt.Errorf("read the module: %w", err)
	}
	runtime, err := plugins.New(ctx, plugins.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, runtime.Close(ctx)) }()
	if _, err := runtime.Deploy(ctx, plugins.Function{Name: function, Wasm: wasm}); err != nil {
		return Result{}, err
	}
	through := newBacklog(o.Batch, o.Size)
	invoker := &invoker{runtime: runtime}
	stop, err := serve(ctx, through, invoker)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()

	// Dispatch writes the event that the bare calls get as well.
	if err := through.handOut(ctx, time.Millisecond); err != nil {
		return Result{}, err
	}
	m := &turns{options: o, through: through, invoker: invoker}
	err = bare.Run(ctx, wasm, invoker.firstEvent(), func() bool { return m.more(ctx) })
	return m.result, errors.Join(err, m.err)
}

// serve lets dispatch work off a backlog, one batch at a time.
func serve(ctx context.Context, source dispatch.Source, invoker dispatch.Invoker) (stop func() error, err error) {
	dispatcher, err := dispatch.New(source, invoker, dispatch.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	mapping := dispatch.Mapping{Queue: queue.Key{Account: "0", Name: "q"}, Function: function, MaxConcurrency: 1}
	if err := dispatcher.Apply("", []dispatch.Mapping{mapping}); err != nil {
		return nil, err
	}
	running, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- dispatcher.Run(running) }()
	return func() error {
		end()
		return <-ended
	}, nil
}

// turns lets both ways take turns. It counts the bare calls, whose guest asks it before each.
type turns struct {
	options Options
	through *backlog
	invoker *invoker
	result  Result
	err     error

	taken  int           // turns that are over
	calls  int           // bare ones in this turn
	began  time.Time     // this turn
	before time.Duration // processor time when it began
}

// more counts a bare call that is over, and says whether there is to be another one.
func (t *turns) more(ctx context.Context) bool {
	if t.began.IsZero() {
		t.begin()
		return true
	}
	t.calls++
	if time.Since(t.began) < turn {
		return true
	}
	bare := Part{Messages: t.calls * t.options.Batch, Took: processorTime() - t.before}
	before, settled := processorTime(), t.through.settled()
	if t.err = errors.Join(t.through.handOut(ctx, turn), t.invoker.failure()); t.err != nil {
		return false
	}
	through := Part{Messages: t.through.settled() - settled, Took: processorTime() - before}
	if t.taken++; t.taken > warmUp {
		t.result.Bare.add(bare)
		t.result.Through.add(through)
	}
	t.begin()
	return ctx.Err() == nil && t.taken < warmUp+max(2, int(t.options.Duration/(2*turn)))
}

func (t *turns) begin() { t.calls, t.began, t.before = 0, time.Now(), processorTime() }

func (p *Part) add(more Part) {
	p.Messages += more.Messages
	p.Took += more.Took
}
