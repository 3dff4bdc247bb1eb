package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

// sendingOn makes every function send the bodies of its event on to where next says, one deeper.
func (s *stage) sendingOn(next map[string]string) func(context.Context, *call) dispatch.Result {
	send := s.sendMessage
	return func(_ context.Context, c *call) dispatch.Result {
		for _, body := range c.bodies {
			send(next[c.Queue.Name], queue.SendMessageInput{Body: []byte(body), BodySet: true, Depth: c.Depth + 1})
		}
		return dispatch.Result{}
	}
}

// TestALoopOfFunctionsIsStopped lets two functions feed each other, with a dead-letter queue and without.
func TestALoopOfFunctionsIsStopped(t *testing.T) {
	for name, test := range map[string]struct {
		deadLetters bool
		want        string
	}{
		"dead-letter queue":    {true, "moved to the dead-letter queue"},
		"no dead-letter queue": {false, "dropped: there is no dead-letter queue"},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(t *testing.T, s *stage) {
				s.create("dead")
				var attributes []string
				if test.deadLetters {
					policy, value := redrive("dead", 5)
					attributes = []string{policy, value}
				}
				s.create("ping", attributes...)
				s.create("pong", attributes...)
				s.function.play(s.sendingOn(map[string]string{"ping": "pong", "pong": "ping"}))
				feed := activity.New(100)
				registry := prometheus.NewRegistry()
				s.serve(dispatch.Options{Activity: feed, Registerer: registry},
					dispatch.Mapping{Queue: key("ping"), Function: "a"}, dispatch.Mapping{Queue: key("pong"), Function: "b"})
				s.send("ping", "ball")
				after(time.Minute)

				if n := s.function.count(); n != 16 {
					t.Errorf("the functions ran %d times", n)
				}
				s.wantCounts("ping", 0, 0)
				s.wantCounts("pong", 0, 0)
				dead := s.receive("dead")
				if test.deadLetters != slices.Equal(bodies(dead), []string{"ball"}) {
					t.Errorf("the dead-letter queue has %q", bodies(dead))
				}
				if test.deadLetters && dead[0].Depth != 16 {
					t.Errorf("depth %d in the dead-letter queue", dead[0].Depth)
				}
				events := feed.Recent(activity.Query{Kinds: []activity.Kind{activity.LoopStopped}})
				if len(events) != 1 {
					t.Fatalf("%d events", len(events))
				}
				got := events[0]
				want := activity.Event{
					Number: got.Number, Time: got.Time, MessageID: got.MessageID, Kind: activity.LoopStopped,
					Account: account, Queue: "ping", Function: "a", Messages: 1, Failed: 1, Detail: test.want,
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
				if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, test.want) {
					t.Errorf("log %s", log)
				}
				if n := loopedBy(t, registry, "000000000000/ping:a"); n != 1 {
					t.Errorf("the metric says %v messages", n)
				}
			})
		})
	}
}

// loopedBy is how many messages a mapping has kept from its function because they were in a loop.
func loopedBy(t *testing.T, registry *prometheus.Registry, mapping string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetName() == "queuelet_dispatch_records_total" && labels["mapping"] == mapping && labels["outcome"] == "looped" {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// TestOnlyTheLoopIsStopped handles the other messages of a batch.
func TestOnlyTheLoopIsStopped(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		for body, depth := range map[string]uint32{"new": 0, "deep": 15, "loop": 16, "abyss": 1 << 31} {
			s.sendMessage("q", queue.SendMessageInput{Body: []byte(body), BodySet: true, Depth: depth})
		}
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(time.Minute)
		seen := slices.Concat(s.function.seen()...)
		slices.Sort(seen)
		if d := cmp.Diff([]string{"deep", "new"}, seen); d != "" {
			t.Error(d)
		}
		s.wantCounts("q", 0, 0)
		if got := s.status().Records; got.Looped != 2 || got.Deleted != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// TestFunctionExtendsVisibility changes the visibility timeout of records that then fail: they come again when the function
// said, whatever was renewed meanwhile.
func TestFunctionExtendsVisibility(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.function.timeout = 15 * time.Minute
		s.create("q", "VisibilityTimeout", "30")
		s.send("q", "late", "usual")
		s.function.play(func(ctx context.Context, c *call) dispatch.Result {
			if len(c.bodies) != 2 {
				return dispatch.Result{}
			}
			extend := func(handle string, timeout time.Duration) bool {
				found, err := c.Extend(handle, timeout, func() error {
					return s.ChangeMessageVisibility(ctx, owner, c.Queue, queue.ChangeVisibilityInput{
						ReceiptHandle: handle, VisibilityTimeout: queue.OptionalInt{Value: int(timeout / time.Second), Set: true},
					})
				})
				if err != nil {
					t.Error(err)
				}
				return found
			}
			if !extend(c.event.Records[0].ReceiptHandle, time.Hour) || extend("another", time.Hour) {
				t.Error("the records of the batch are not known")
			}
			time.Sleep(5 * time.Minute) // many renewals
			return failing("late", "usual")(ctx, c)
		})
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		after(6 * time.Minute)
		wantSeen(t, s.function, []string{"late", "usual"}, []string{"usual"})
		after(53 * time.Minute)
		if n := s.function.count(); n != 2 {
			t.Errorf("%d invocations before the hour is over", n)
		}
		after(2 * time.Minute)
		wantSeen(t, s.function, []string{"late", "usual"}, []string{"usual"}, []string{"late"})
		s.function.mu.Lock()
		defer s.function.mu.Unlock()
		if took := s.function.calls[2].at.Sub(s.function.calls[0].at); took < time.Hour || took > time.Hour+time.Second {
			t.Errorf("it came again after %v", took)
		}
	})
}
