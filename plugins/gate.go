package plugins

import "context"

// gate lets a limited number of guests run at a time, so that the rest of the process keeps its share of the processor.
type gate chan struct{}

// enter waits for a place; it fails only when ctx ends first.
func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g gate) leave() { <-g }
