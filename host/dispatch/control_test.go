package dispatch_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
)

func TestPauseAndResume(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.function.play(lasting(time.Second))
		s.serve(dispatch.Options{}, dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f"})
		settle()
		s.send("q", "a")
		settle()
		if err := s.dispatcher.Pause("m"); err != nil {
			t.Fatal(err)
		}
		s.send("q", "b")
		after(time.Hour) // a is finished, b is left
		wantSeen(t, s.function, []string{"a"})
		s.wantCounts("q", 1, 0)
		if got := s.status(); got.State != dispatch.StatePaused || got.Workers != 0 {
			t.Errorf("status %+v", got)
		}
		if err := s.dispatcher.Resume("m"); err != nil {
			t.Fatal(err)
		}
		settle()
		wantSeen(t, s.function, []string{"a"}, []string{"b"})
		if got := s.status().State; got != dispatch.StateRunning {
			t.Errorf("state %s", got)
		}
		if err := s.dispatcher.Pause("x"); !errors.Is(err, &dispatch.Error{Code: dispatch.CodeUnknown}) {
			t.Errorf("error %v", err)
		}
	})
}

func TestApplyWhileRunning(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("a")
		s.create("b")
		a := dispatch.Mapping{ID: "a", Queue: key("a"), Function: "f"}
		b := dispatch.Mapping{ID: "b", Queue: key("b"), Function: "g"}
		s.function.play(lasting(time.Second))
		s.serve(dispatch.Options{}, a)
		s.send("a", "a1")
		s.send("b", "b1")
		settle()
		wantSeen(t, s.function, []string{"a1"})

		s.apply(a, b) // added
		settle()
		wantSeen(t, s.function, []string{"a1"}, []string{"b1"})
		if c := s.function.calls[1]; c.name != "g" {
			t.Errorf("function %s", c.name)
		}

		b.Disabled = true
		s.apply(a, b) // changed
		s.send("b", "b2")
		after(time.Minute)
		if got := s.dispatcher.Status(); len(got) != 2 || got[1].State != dispatch.StateDisabled || got[1].Records.Deleted != 1 {
			t.Errorf("status %+v", got)
		}
		b.Disabled, b.Function = false, "h"
		s.apply(a, b)
		settle()
		if c := s.function.calls[2]; c.name != "h" {
			t.Errorf("function %s", c.name)
		}

		s.send("a", "a2")
		settle()
		s.apply(b) // removed, while it works
		s.send("a", "a3")
		after(time.Minute)
		wantSeen(t, s.function, []string{"a1"}, []string{"b1"}, []string{"b2"}, []string{"a2"})
		s.wantCounts("a", 1, 0)
		s.wantCounts("b", 0, 0)
	})
}

func TestApplyIsAllOrNothing(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		good := dispatch.Mapping{ID: "good", Queue: key("q"), Function: "f"}
		s.serve(dispatch.Options{}, good)
		changed := good
		changed.BatchSize = 5
		err := s.dispatcher.Apply("test", []dispatch.Mapping{changed, {ID: "bad", Queue: key("q")}})
		if !errors.Is(err, &dispatch.Error{Code: dispatch.CodeInvalid}) {
			t.Errorf("error %v", err)
		}
		if got := s.status().Mapping; got.ID != "good" || got.BatchSize != 10 {
			t.Errorf("mapping %+v", got)
		}
	})
}

// TestApplyLeavesOtherOriginsAlone: the configuration and the API each apply theirs.
func TestApplyLeavesOtherOriginsAlone(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		ours := dispatch.Mapping{ID: "ours", Queue: key("a"), Function: "f"}
		theirs := dispatch.Mapping{ID: "theirs", Queue: key("b"), Function: "f"}
		s.serve(dispatch.Options{}, ours)
		settle()
		if err := s.dispatcher.Apply("api", []dispatch.Mapping{theirs}); err != nil {
			t.Fatal(err)
		}
		if err := s.dispatcher.Pause("theirs"); err != nil {
			t.Fatal(err)
		}
		s.apply() // ours is gone
		got := s.status()
		if got.Mapping.ID != "theirs" || got.Origin != "api" || got.State != dispatch.StatePaused {
			t.Errorf("status %+v", got)
		}
		err := s.dispatcher.Apply("test", []dispatch.Mapping{ours, theirs})
		if !errors.Is(err, &dispatch.Error{Code: dispatch.CodeDuplicate}) || len(s.dispatcher.Status()) != 1 {
			t.Errorf("error %v", err)
		}
	})
}

// TestPauseSurvivesAChange of the mapping, and the end of it does not.
func TestPauseSurvivesAChange(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		m := dispatch.Mapping{ID: "m", Queue: key("q"), Function: "f"}
		s.serve(dispatch.Options{}, m)
		settle()
		if err := s.dispatcher.Pause("m"); err != nil {
			t.Fatal(err)
		}
		m.BatchSize = 5
		s.apply(m)
		if got := s.status(); got.State != dispatch.StatePaused || got.Mapping.BatchSize != 5 {
			t.Errorf("status %+v", got)
		}
		s.apply()
		s.apply(m)
		if got := s.status().State; got == dispatch.StatePaused {
			t.Error("a new mapping is paused")
		}
	})
}

func TestMappingsThatMakeNoSense(t *testing.T) {
	good := dispatch.Mapping{Queue: key("q"), Function: "f"}
	tests := []struct {
		change func(*dispatch.Mapping)
		want   string
	}{
		{func(m *dispatch.Mapping) { m.Queue.Name = "" }, "it needs a queue with its account"},
		{func(m *dispatch.Mapping) { m.Queue.Account = "" }, "it needs a queue with its account"},
		{func(m *dispatch.Mapping) { m.Function = "" }, "it needs a function"},
		{func(m *dispatch.Mapping) { m.MaxConcurrency = -1 }, "a maximum concurrency of -1: it has to be between 1 and 1000"},
		{func(m *dispatch.Mapping) { m.MaxConcurrency = 1001 }, "a maximum concurrency of 1001: it has to be between 1 and 1000"},
		{func(m *dispatch.Mapping) { m.MinConcurrency = -1 }, "a minimum concurrency of -1: it has to be between 1 and the maximum of 2"},
		{func(m *dispatch.Mapping) { m.MinConcurrency, m.MaxConcurrency = 3, 2 }, "a minimum concurrency of 3: it has to be between 1 and the maximum of 2"},
		{func(m *dispatch.Mapping) { m.BatchSize = 11 }, "a batch size of 11: more than 10 need a window of at least 1s"},
		{func(m *dispatch.Mapping) { m.BatchSize, m.Window = 11, 999*time.Millisecond }, "a batch size of 11: more than 10 need a window of at least 1s"},
		{func(m *dispatch.Mapping) { m.BatchSize, m.Window = 10_001, time.Second }, "a batch size of 10001: it has to be between 1 and 10000"},
		{func(m *dispatch.Mapping) { m.BatchSize = -1 }, "a batch size of -1: it has to be between 1 and 10000"},
		{func(m *dispatch.Mapping) { m.Window = -1 }, "a window of -1ns: it has to be between 0 and 5m0s"},
		{func(m *dispatch.Mapping) { m.Window = 301 * time.Second }, "a window of 5m1s: it has to be between 0 and 5m0s"},
		{func(m *dispatch.Mapping) { m.Queue.Name, m.Window = "q.fifo", time.Second }, "a window is not possible for a FIFO queue"},
		{func(m *dispatch.Mapping) { m.Queue.Name, m.BatchSize = "q.fifo", 11 }, "a batch size of 11: at most 10 are possible for a FIFO queue"},
		{func(m *dispatch.Mapping) { m.Filters = make([]string, 11) }, "11 filters: at most 10 are possible; several conditions fit into one"},
		{func(m *dispatch.Mapping) { m.Filters = []string{`{"a":[1]}`, `{"a":1}`} }, "filter 2: filter pattern at a: 1 stands alone; write a list: [1]"},
		{func(m *dispatch.Mapping) { m.ID = "good" }, "it is there twice"},
	}
	virtual(t, func(t *testing.T, s *stage) {
		s.serve(dispatch.Options{})
		for _, test := range tests {
			bad := good
			test.change(&bad)
			first := good
			first.ID = "good"
			err := s.dispatcher.Apply("test", []dispatch.Mapping{first, bad})
			if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		}
		for _, m := range []dispatch.Mapping{
			{Queue: key("q"), Function: "f", BatchSize: 10_000, Window: time.Second, MaxConcurrency: 1000},
			{Queue: key("q"), Function: "f", BatchSize: 10, Window: 5 * time.Minute, Filters: []string{`{"a":[1]}`}},
			{Queue: key("q.fifo"), Function: "f", BatchSize: 10},
		} {
			s.apply(m)
		}
	})
}

func TestMappingDefaults(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		want := dispatch.Mapping{
			ID: "000000000000/q:f", Queue: key("q"), Function: "f", BatchSize: 10, MinConcurrency: 1, MaxConcurrency: 2,
		}
		if d := cmp.Diff(want, s.status().Mapping); d != "" {
			t.Error(d)
		}
	})
}

func TestDispatcherRunsOnce(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.serve(dispatch.Options{})
		settle()
		stopped := &dispatch.Error{Code: dispatch.CodeStopped}
		if err := s.dispatcher.Run(t.Context()); !errors.Is(err, stopped) {
			t.Errorf("second run: %v", err)
		}
		s.stop()
		if err := s.dispatcher.Apply("test", nil); !errors.Is(err, stopped) {
			t.Errorf("apply after the end: %v", err)
		}
	})
}
