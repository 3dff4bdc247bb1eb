package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what is measured.
type Options struct {
	Scenarios []Scenario
	Runs      int // of each scenario; the report has their median
	// Endpoint is a running server. Nil starts one, and a ceiling beside it.
	Endpoint *Endpoint
	Server   Server
	Ceiling  bool      // measure the ceiling as well
	Status   io.Writer // is told once a second how it goes; nil for nobody
}

func (o Options) check() error {
	if o.Runs < 1 {
		return &Error{CodeUsage, errors.New("it takes at least one run")}
	}
	if len(o.Scenarios) == 0 {
		return &Error{CodeUsage, errors.New("there is nothing to measure")}
	}
	for _, s := range o.Scenarios {
		if err := s.check(); err != nil {
			return err
		}
		if o.Endpoint != nil && (s.Kind == Memory || s.Kind == Dispatch || s.Kind == Invoke) {
			return &Error{CodeUsage, fmt.Errorf("%s needs a server that is started for it: leave the endpoint out", s.Name())}
		}
	}
	return nil
}

// Run measures all scenarios, one after the other. It ends with the first error.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &runner{Options: o}
	defer func() { err = errors.Join(err, r.close()) }()
	started, rows := time.Now().UTC().Truncate(time.Second), make([]Row, len(o.Scenarios))
	// What is measured in this process comes before what leaves memory and connections behind in it.
	if err := r.fill(ctx, rows, func(s Scenario) bool { return s.Kind == Invoke }); err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if err := r.fill(ctx, rows, func(s Scenario) bool { return s.Kind != Invoke }); err != nil {
		return nil, err
	}
	report := &Report{
		Started: started, Machine: thisMachine(o.Server.Dir), Runs: o.Runs,
		Durability: o.Server.Durability, Rows: rows,
	}
	if o.Endpoint != nil {
		report.Endpoint, report.Durability = o.Endpoint.URL, ""
	}
	report.compareBacklogs()
	report.compareFIFO()
	return report, nil
}

// fill measures those scenarios that are wanted, one after the other.
func (r *runner) fill(ctx context.Context, rows []Row, wanted func(Scenario) bool) error {
	for n, s := range r.Scenarios {
		if !wanted(s) {
			continue
		}
		row, err := r.row(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
		rows[n] = row
	}
	return nil
}

// runner holds the servers of a Run.
type runner struct {
	Options

	target  target
	ceiling *target // nil when it is not measured
	stops   []func() error

	progress atomic.Int64
}

func (r *runner) open(ctx context.Context) error {
	if r.Endpoint != nil {
		route, err := r.Endpoint.route()
		r.target = target{route: route}
		return err
	}
	// Memory is measured on servers of its own, without functions, and Invoke in this process.
	measures := func(wanted func(Scenario) bool) bool { return slices.ContainsFunc(r.Scenarios, wanted) }
	if measures(func(s Scenario) bool { return s.Kind != Memory && s.Kind != Invoke }) {
		t, stop, err := r.Server.start(ctx)
		if err != nil {
			return err
		}
		r.target, r.stops = t, append(r.stops, stop)
	}
	if r.Ceiling && measures(Scenario.hasCeiling) {
		t, stop, err := r.Server.startCeiling(ctx)
		if err != nil {
			return err
		}
		r.ceiling, r.stops = &t, append(r.stops, stop)
	}
	return nil
}

func (r *runner) close() error {
	var failures []error
	for _, stop := range r.stops {
		failures = append(failures, stop())
	}
	return errors.Join(failures...)
}

// row measures one scenario, run by run and server and ceiling in turn, so that what
// else the machine does falls on both.
func (r *runner) row(ctx context.Context, s Scenario) (Row, error) {
	if s.Kind == Invoke {
		return r.invoke(ctx, s)
	}
	var samples, ceilings []sample
	for run := range r.Runs {
		label := fmt.Sprintf("%s, run %d of %d", s.Name(), run+1, r.Runs)
		got, err := r.measure(ctx, label, s)
		if err != nil {
			return Row{}, err
		}
		samples = append(samples, got)
		if r.ceiling == nil || !s.hasCeiling() {
			continue
		}
		got, err = r.watched(ctx, label+", ceiling", s, *r.ceiling)
		if err != nil {
			return Row{}, fmt.Errorf("ceiling: %w", err)
		}
		ceilings = append(ceilings, got)
	}
	return newRow(s, samples, ceilings), nil
}

func (r *runner) measure(ctx context.Context, label string, s Scenario) (_ sample, err error) {
	if s.Kind != Memory {
		return r.watched(ctx, label, s, r.target)
	}
	bare := r.Server
	bare.Functions = nil
	t, stop, err := bare.start(ctx)
	if err != nil {
		return sample{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return r.watched(ctx, label, s, t)
}

// watched measures while the status is told.
func (r *runner) watched(ctx context.Context, label string, s Scenario, t target) (sample, error) {
	if r.Status == nil {
		return measure(ctx, s, t, &r.progress)
	}
	telling, stop := context.WithCancel(ctx)
	var teller sync.WaitGroup
	teller.Go(func() { r.tell(telling, label) })
	defer teller.Wait()
	defer stop()
	return measure(ctx, s, t, &r.progress)
}

func (r *runner) tell(ctx context.Context, label string) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for before := r.progress.Load(); ; {
		select {
		case <-second.C:
		case <-ctx.Done():
			return
		}
		now := r.progress.Load()
		fmt.Fprintf(r.Status, "%s: %s messages in the last second\n", label, thousands(float64(now-before)))
		before = now
	}
}
