package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/plugins/abi"
)

// TestFIFOFailureFailsTheRestOfItsGroup lets the function say that later records of the group are done.
func TestFIFOFailureFailsTheRestOfItsGroup(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q.fifo", "VisibilityTimeout", "30")
		s.sendGroup("a1", "b1", "a2", "c1", "b2", "a3")
		s.function.play(failing("a2"))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f"})
		settle()
		s.wantCounts("q.fifo", 0, 2)
		if got, want := s.status().Records, (dispatch.Records{Deleted: 4, Failed: 2}); got != want {
			t.Errorf("records %+v, want %+v", got, want)
		}
		s.function.play(nil)
		after(time.Minute)
		calls := s.function.seen()
		if d := cmp.Diff([]string{"a2", "a3"}, calls[len(calls)-1]); d != "" {
			t.Error(d)
		}
		s.wantCounts("q.fifo", 0, 0)
	})
}

func TestFIFODelayHoldsTheGroupTogether(t *testing.T) {
	five := 5
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q.fifo", "VisibilityTimeout", "300")
		s.sendGroup("a1", "a2", "a3")
		s.function.play(replying(func(body string) *abi.BatchItemFailure {
			if body == "a1" {
				return &abi.BatchItemFailure{DelaySeconds: &five}
			}
			return nil
		}))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f"})
		settle()
		s.function.play(nil)
		after(5 * time.Second)
		wantSeen(t, s.function, []string{"a1", "a2", "a3"}, []string{"a1", "a2", "a3"})
		s.wantCounts("q.fifo", 0, 0)
	})
}

func TestFIFODeadLetterLetsTheGroupGoOn(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq.fifo")
		attribute, value := redrive("dlq.fifo", 1000)
		s.create("q.fifo", "VisibilityTimeout", "300", attribute, value)
		s.sendGroup("a1", "a2", "a3")
		s.function.play(replying(func(body string) *abi.BatchItemFailure {
			if body == "a2" {
				return &abi.BatchItemFailure{DeadLetter: true}
			}
			return nil
		}))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f"})
		settle()
		wantSeen(t, s.function, []string{"a1", "a2", "a3"}, []string{"a3"})
		s.wantCounts("q.fifo", 0, 0)
		if d := cmp.Diff([]string{"a2"}, bodies(s.receive("dlq.fifo"))); d != "" {
			t.Error(d)
		}
	})
}

// TestFIFOKeepsOrder has many groups, many workers and a function that fails now and then. One record is poisoned; the
// records behind it in its batch may go to the dead-letter queue with it, because they are received as often.
func TestFIFOKeepsOrder(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq.fifo")
		attribute, value := redrive("dlq.fifo", 3)
		s.create("q.fifo", "VisibilityTimeout", "10", attribute, value)
		const groups, each = "abcdef", 30
		for _, number := range numbered(each) {
			for _, group := range groups {
				s.sendGroup(string(group) + number)
			}
		}
		log := groupLog{done: map[byte][]string{}, working: map[byte]bool{}}
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			log.begin(t, c)
			time.Sleep(100 * time.Millisecond)
			fails := func(body string) bool { return body == "bm7" || strings.HasSuffix(body, "3") && c.Attempt < 2 }
			log.end(c, fails)
			return replying(func(body string) *abi.BatchItemFailure {
				if fails(body) {
					return &abi.BatchItemFailure{}
				}
				return nil
			})(ctx, c)
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f", MinConcurrency: 4, MaxConcurrency: 4})
		after(time.Hour)
		s.wantCounts("q.fifo", 0, 0)
		var dead []string
		for _, body := range bodies(s.receive("dlq.fifo")) {
			dead = append(dead, body[1:])
		}
		if len(dead) == 0 || dead[0] != "m7" {
			t.Errorf("dead letters %v", dead)
		}
		for _, group := range []byte(groups) {
			want := numbered(each)
			if group == 'b' {
				want = slices.DeleteFunc(want, func(number string) bool { return slices.Contains(dead, number) })
			}
			if d := cmp.Diff(want, log.done[group]); d != "" {
				t.Errorf("group %c:\n%s", group, d)
			}
		}
	})
}

// TestFIFOThreeGroups fails a record of one of three groups until it is in the dead-letter queue, and another one once. The
// function says that the later records of their groups are done, which nobody believes. Batches of one group are in work one
// at a time, those of several at the same time, and every group is done in order.
func TestFIFOThreeGroups(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("dlq.fifo")
		attribute, value := redrive("dlq.fifo", 3)
		s.create("q.fifo", "VisibilityTimeout", "30", attribute, value)
		log := groupLog{done: map[byte][]string{}, working: map[byte]bool{}}
		fails := func(c *call, body string) bool { return body == "a2" || body == "b1" && c.Attempt == 1 }
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			log.begin(t, c)
			time.Sleep(time.Second)
			log.end(c, func(body string) bool { return fails(c, body) })
			return replying(func(body string) *abi.BatchItemFailure {
				if fails(c, body) {
					return &abi.BatchItemFailure{}
				}
				return nil
			})(ctx, c)
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{
			Queue: key("q.fifo"), Function: "f", BatchSize: 2, MinConcurrency: 3, MaxConcurrency: 3,
		})
		s.sendGroup("a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3")
		settle()
		if n := s.function.count(); n != 3 {
			t.Errorf("%d groups at the same time", n)
		}
		after(10 * time.Minute)
		s.sendGroup("a4") // the group goes on
		after(time.Minute)
		s.wantCounts("q.fifo", 0, 0)
		// a3 was in no batch with a2 after the first one, or in all of them.
		if dead := bodies(s.receive("dlq.fifo")); len(dead) == 0 || dead[0] != "a2" {
			t.Errorf("dead letters %v", dead)
		} else if d := cmp.Diff(map[byte][]string{
			'a': slices.DeleteFunc([]string{"1", "3", "4"}, func(n string) bool { return slices.Contains(dead, "a"+n) }),
			'b': {"1", "2", "3"},
			'c': {"1", "2", "3"},
		}, log.done); d != "" {
			t.Errorf("done (-want +got):\n%s", d)
		}
		for _, c := range s.function.calls {
			if slices.Contains(c.bodies, "a2") && c.Attempt > 3 {
				t.Errorf("attempt %d of a2", c.Attempt)
			}
		}
	})
}

// groupLog notes which records of each group are done, in order.
type groupLog struct {
	mu      sync.Mutex
	done    map[byte][]string
	working map[byte]bool
}

func (l *groupLog) begin(t *testing.T, c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for group := range c.groups() {
		if l.working[group] {
			t.Errorf("two batches of group %c at the same time", group)
		}
		l.working[group] = true
	}
}

func (l *groupLog) end(c *call, fails func(body string) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failed := map[byte]bool{}
	for _, body := range c.bodies {
		failed[body[0]] = failed[body[0]] || fails(body)
		if !failed[body[0]] {
			l.done[body[0]] = append(l.done[body[0]], body[1:])
		}
	}
	for group := range c.groups() {
		l.working[group] = false
	}
}

func (c *call) groups() map[byte]bool {
	all := map[byte]bool{}
	for _, body := range c.bodies {
		all[body[0]] = true
	}
	return all
}
