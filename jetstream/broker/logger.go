package broker

import (
	"context"
	"fmt"
	"log/slog"
)

// logger hands what the NATS server logs to slog. Its notices are our debug level: it
// reports every step of its start.
type logger struct {
	ctx context.Context //nolint:containedctx // the server's interface has none to pass on
	to  *slog.Logger
}

func (l logger) log(level slog.Level, format string, v []any) {
	if l.to.Enabled(l.ctx, level) {
		l.to.Log(l.ctx, level, fmt.Sprintf(format, v...), "component", "nats")
	}
}

func (l logger) Noticef(format string, v ...any) { l.log(slog.LevelDebug, format, v) }
func (l logger) Warnf(format string, v ...any)   { l.log(slog.LevelWarn, format, v) }
func (l logger) Fatalf(format string, v ...any)  { l.log(slog.LevelError, format, v) }
func (l logger) Errorf(format string, v ...any)  { l.log(slog.LevelError, format, v) }
func (l logger) Debugf(format string, v ...any)  { l.log(slog.LevelDebug, format, v) }
func (l logger) Tracef(format string, v ...any)  { l.log(slog.LevelDebug, format, v) }
