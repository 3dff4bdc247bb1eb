package plugins

import (
	"context"
	"sync/atomic"
)

// gate lets a limited number of guests run at a time, first come, first served.
type gate struct {
	places  chan struct{}
	waiting atomic.Int32
}

func newGate(places int) *gate { return &gate{places: make(chan struct{}, places)} }

// enter waits for a place; it fails only when ctx ends first.
func (g *gate) enter(ctx context.Context) error {
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	select {
	case g.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tryEnter takes a place if there is one and nobody waits for it.
func (g *gate) tryEnter() bool {
	if g.wanted() {
		return false
	}
	select {
	case g.places <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g *gate) leave() { <-g.places }

// wanted says whether somebody waits for a place.
func (g *gate) wanted() bool { return g.waiting.Load() > 0 }

// size is the number of places.
func (g *gate) size() int { return cap(g.places) }
