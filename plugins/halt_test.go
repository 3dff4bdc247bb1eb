package plugins

import (
	"context"
	"log/slog"
	"testing"
)

// An invocation may have chosen its instance when Close stops all that run.
func TestWhatBeginsWhileTheRuntimeIsStoppedEnds(t *testing.T) {
	v := &version{host: &Runtime{}, logger: slog.New(slog.DiscardHandler)}
	i := &instance{v: v}
	i.log = newGuestLog(v.logger, func() {})
	v.host.halted.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	i.phase(ctx, cancel, nil)
	if ctx.Err() == nil {
		t.Error("it goes on")
	}
	i.endPhase()
}
