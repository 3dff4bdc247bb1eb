package plugins

import (
	"bytes"
	"context"
	"log/slog"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
)

const (
	maxLine       = 8 << 10 // bytes of a line; a longer one is cut into several
	maxLogged     = 1 << 20 // bytes logged for one invocation
	maxLoggedIDs  = 10      // message ids named with each line
	maxStderrTail = 2 << 10 // bytes of standard error kept to explain a crash
)

// guestLog takes what an instance writes, by standard output, standard error and the log import, line by line to the
// structured log. What one invocation can write is limited, so a guest that floods its log costs little.
type guestLog struct {
	function *slog.Logger
	check    func()          // ends the guest if its time is up; for each line, as logging them may take long
	ctx      context.Context //nolint:containedctx // of the present phase, for the log handler

	batch  *batch       // nil while the instance starts
	scoped *slog.Logger // made at the first line of the phase
	left   int          // bytes the phase may still log
	panic  string       // the first line on standard error that tells of a panic
	tail   []byte       // end of standard error in the phase

	stdout, stderr lines
}

func newGuestLog(function *slog.Logger, check func()) *guestLog {
	l := &guestLog{function: function, check: check}
	l.stdout = lines{log: l, stream: "stdout"}
	l.stderr = lines{log: l, stream: "stderr"}
	return l
}

// begin starts a phase: an invocation, or the instance's start if b is nil.
func (l *guestLog) begin(ctx context.Context, b *batch) {
	l.ctx, l.batch, l.scoped, l.left, l.panic, l.tail = ctx, b, nil, maxLogged, "", l.tail[:0]
}

// end logs the lines that were left unfinished.
func (l *guestLog) end() {
	l.stdout.flush()
	l.stderr.flush()
}

// logger is the log with the invocation's attributes.
func (l *guestLog) logger() *slog.Logger {
	if l.scoped == nil {
		l.scoped = l.function
		if b := l.batch; b != nil {
			l.scoped = l.scoped.With("request_id", b.RequestID,
				"message_ids", b.MessageIDs[:min(len(b.MessageIDs), maxLoggedIDs)])
			if len(b.MessageIDs) > maxLoggedIDs {
				l.scoped = l.scoped.With("messages", len(b.MessageIDs))
			}
		}
	}
	return l.scoped
}

// line logs one line.
func (l *guestLog) line(level slog.Level, stream string, text []byte) {
	if l.left <= 0 {
		return
	}
	l.left -= len(text) + 1
	line := strings.ToValidUTF8(string(text), "\uFFFD")
	l.logger().Log(l.ctx, level, line, "stream", stream)
	if l.batch != nil && l.batch.Output != nil {
		l.batch.Output(line)
	}
	if l.left <= 0 {
		l.logger().Log(l.ctx, slog.LevelWarn, "guest log cut off: the rest of this invocation's output is dropped",
			"limit_bytes", maxLogged)
	}
}

// levels of package slog for those of package abi.
func slogLevel(level abi.LogLevel) slog.Level {
	switch level {
	case abi.LogTrace:
		return slog.LevelDebug - 4
	case abi.LogDebug:
		return slog.LevelDebug
	case abi.LogInfo:
		return slog.LevelInfo
	case abi.LogWarn:
		return slog.LevelWarn
	case abi.LogError:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// lines is a stream of the guest as an io.Writer. It never fails.
type lines struct {
	log     *guestLog
	stream  string
	partial []byte // of a line whose end has not come yet
}

// Write logs the lines that are complete. It never fails.
func (w *lines) Write(p []byte) (int, error) {
	size := len(p)
	w.log.check()
	if w == &w.log.stderr {
		w.log.keep(p)
	}
	for len(p) > 0 && w.log.left > 0 {
		w.log.check()
		end := bytes.IndexByte(p[:min(len(p), maxLine-len(w.partial))], '\n')
		switch {
		case end >= 0:
			w.partial = append(w.partial, p[:end]...)
			p = p[end+1:]
			w.emit()
		case len(w.partial)+len(p) < maxLine:
			w.partial = append(w.partial, p...)
			p = nil
		default:
			n := maxLine - len(w.partial)
			w.partial = append(w.partial, p[:n]...)
			p = p[n:]
			w.emit()
		}
	}
	return size, nil
}

func (w *lines) emit() {
	if w == &w.log.stderr && w.log.panic == "" && tellsOfPanic(w.partial) {
		w.log.panic = strings.ToValidUTF8(string(w.partial[:min(len(w.partial), 256)]), "\uFFFD")
	}
	w.log.line(slog.LevelInfo, w.stream, bytes.TrimSuffix(w.partial, []byte("\r")))
	w.partial = w.partial[:0]
}

func (w *lines) flush() {
	if len(w.partial) > 0 {
		w.emit()
	}
}

// keep remembers the end of standard error.
func (l *guestLog) keep(p []byte) {
	if len(p) >= maxStderrTail {
		l.tail = append(l.tail[:0], p[len(p)-maxStderrTail:]...)
		return
	}
	if over := len(l.tail) + len(p) - maxStderrTail; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
	}
	l.tail = append(l.tail, p...)
}

// tellsOfPanic knows how Go and Rust begin.
func tellsOfPanic(line []byte) bool {
	for _, beginning := range []string{"panic: ", "fatal error: ", "thread '"} {
		if bytes.HasPrefix(line, []byte(beginning)) {
			return true
		}
	}
	return false
}

// cause is what standard error says of a crash: a panic, or else the last line.
func (l *guestLog) cause() string {
	l.end()
	if l.panic != "" {
		return l.panic
	}
	text := strings.TrimSpace(l.output())
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// output is the end of standard error in the present phase.
func (l *guestLog) output() string { return strings.ToValidUTF8(string(l.tail), "\uFFFD") }
