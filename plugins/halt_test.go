package plugins

import (
	"log/slog"
	"testing"
	"time"
)

// An invocation may have chosen its instance when Close stops all that run.
func TestWhatBeginsWhileTheRuntimeIsStoppedEnds(t *testing.T) {
	v := &version{host: &Runtime{}, logger: slog.New(slog.DiscardHandler)}
	i := &instance{v: v}
	i.log = newGuestLog(v.logger, func() {})
	v.host.halted.Store(true)
	i.watch.over = i.timeOver
	i.phase(t.Context(), time.Now().Add(time.Hour), nil)
	if i.watch.context().Err() == nil || !i.watch.fired.Load() {
		t.Error("it goes on")
	}
	i.endPhase()
}
