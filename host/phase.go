package host

import (
	"errors"
	"slices"
	"sync"
)

// phase is where a process is in its life: which stages run, and whether it serves.
type phase struct {
	mu     sync.Mutex
	now    phaseName
	health func() error  // of the store, nil while it is not open
	work   func() string // what functions have in work, nil while there are none
	stages []string
}

type phaseName uint8

const (
	starting phaseName = iota
	serving
	stopping
)

var (
	errStarting = errors.New("the process is starting")
	errStopping = errors.New("the process is stopping")
)

func (p *phase) set(now phaseName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

func (p *phase) enter(stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stages = append(p.stages, stage)
}

func (p *phase) leave(stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stages = slices.DeleteFunc(p.stages, func(s string) bool { return s == stage })
}

// counts sets what tells of work in hand.
func (p *phase) counts(work func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.work = work
}

// unfinished are the work in hand and the stages that have not stopped, those that stop
// first in front.
func (p *phase) unfinished() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	if p.work != nil && p.work() != "" {
		all = append(all, p.work())
	}
	for _, stage := range slices.Backward(p.stages) {
		all = append(all, stage)
	}
	return all
}

// watch sets what tells whether the process can do its work at all.
func (p *phase) watch(health func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health = health
}

// broken says why the process has to be started again, nil while it works.
func (p *phase) broken() error {
	p.mu.Lock()
	health := p.health
	p.mu.Unlock()
	if health == nil {
		return nil
	}
	return health()
}

// notReady says why the process does not take requests, nil when it does.
func (p *phase) notReady() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.now {
	case starting:
		return errStarting
	case stopping:
		return errStopping
	case serving:
	}
	return nil
}
