package plugins_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// recorder is a log handler that keeps what it gets, a line of text for each record.
type recorder struct {
	mu    *sync.Mutex
	lines *[]string
	attrs []slog.Attr
}

func newRecorder() recorder { return recorder{mu: &sync.Mutex{}, lines: &[]string{}} }

func (recorder) Enabled(context.Context, slog.Level) bool { return true }

func (r recorder) Handle(_ context.Context, record slog.Record) error {
	attrs := slices.Clone(r.attrs)
	record.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	words := []string{record.Level.String(), record.Message}
	for _, a := range attrs {
		words = append(words, a.String())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.lines = append(*r.lines, strings.Join(words, " "))
	return nil
}

func (r recorder) WithAttrs(attrs []slog.Attr) slog.Handler {
	r.attrs = slices.Concat(r.attrs, attrs)
	return r
}

func (r recorder) WithGroup(string) slog.Handler { return r }

func (r recorder) text() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(*r.lines)
}

// TestLog asks that every line a guest writes reaches the log with what it belongs to.
func TestLog(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{
		Name: "bad", Path: goGuest(t, "bad"), Environment: map[string]string{"INIT": "print"}, MaxConcurrency: 1,
	})
	if _, err := r.Invoke(t.Context(), "bad", event("print", "x")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"INFO to standard output function=bad stream=stdout",
		"INFO to standard error function=bad stream=stderr",
		"INFO DATE by package log function=bad stream=stderr",
		"INFO without a newline function=bad stream=stdout",
	}
	for _, line := range want[:4] {
		want = append(want, strings.Replace(line, " stream=", " request_id=request message_ids=[message-0 message-1] stream=", 1))
	}
	got := log.text()
	for n, line := range got {
		if before, after, ok := strings.Cut(line, " by package log"); ok {
			got[n] = before[:5] + "DATE by package log" + after
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLogImport logs at each level.
func TestLogImport(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(1, nil, func(m *as.Module, in imports) (code []byte) {
		m.Data(8, []byte("text\n\xff\xfe\n"))
		for level := int32(-1); level <= 5; level++ {
			code = append(code, cat(as.I32Const(level), as.I32Const(8), as.I32Const(8), as.Call(in.log))...)
		}
		return code
	})})
	if _, err := r.Invoke(t.Context(), "f", event()); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, level := range []string{"INFO", "DEBUG-4", "DEBUG", "INFO", "WARN", "ERROR", "INFO"} {
		want = append(want, level+" text\n\uFFFD function=f request_id=request message_ids=[] stream=log")
	}
	if diff := cmp.Diff(want, log.text()); diff != "" {
		t.Error(diff)
	}
}

// TestLogFlood lets a guest write 100 MB. It gets done soon, and the log keeps little of it.
func TestLogFlood(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "bad", Path: goGuest(t, "bad"), MaxConcurrency: 1})
	for _, body := range []string{"flood", "flood"} {
		before := size(log.text())
		if _, err := r.Invoke(t.Context(), "bad", event(body)); err != nil {
			t.Fatal(err)
		}
		got := log.text()
		if kept := size(got) - before; kept < 1<<20 || kept > 2<<20 {
			t.Errorf("%d bytes are logged", kept)
		}
		if last := got[len(got)-1]; !strings.HasPrefix(last, "WARN guest log cut off") || !strings.Contains(last, "request_id=request") {
			t.Errorf("last line %q", last)
		}
	}
	if _, err := r.Invoke(t.Context(), "bad", event("long line")); err != nil {
		t.Fatal(err)
	}
	got := log.text()
	long := got[len(got)-13:] // 100,000 bytes in pieces of 8 KiB
	for n, line := range long {
		want := min(8<<10, 100_000-n*(8<<10))
		if strings.Count(line, "y") != want {
			t.Errorf("piece %d of a long line has %d bytes, want %d", n, strings.Count(line, "y"), want)
		}
	}
}

func size(lines []string) (n int) {
	for _, line := range lines {
		n += len(line)
	}
	return n
}

// TestLogManyMessages names only the first messages of a large batch.
func TestLogManyMessages(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "f", Wasm: reactor(1, nil, func(_ *as.Module, in imports) []byte {
		return cat(as.I32Const(int32(abi.LogInfo)), as.I32Const(0), as.I32Const(1), as.Call(in.log))
	})})
	if _, err := r.Invoke(t.Context(), "f", event(make([]string, 1000)...)); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for n := range 10 {
		ids = append(ids, fmt.Sprint("message-", n))
	}
	want := []string{fmt.Sprintf("INFO \x00 function=f request_id=request message_ids=%v messages=1000 stream=log", ids)}
	if diff := cmp.Diff(want, log.text()); diff != "" {
		t.Error(diff)
	}
}
