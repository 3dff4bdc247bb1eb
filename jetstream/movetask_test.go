package jetstream_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// domain is a service over the store under test.
type domain struct {
	*queue.Service

	h    *jetstreamtest.Harness
	stop func()
}

func owner() queue.Caller { return queue.Caller{Account: jetstreamtest.Account} }

// newDomain opens a service and runs its move tasks until stop is called.
func newDomain(h *jetstreamtest.Harness) *domain {
	h.T.Helper()
	s, err := queue.New(h.T.Context(), h.Store, queue.Options{Region: "us-east-1"})
	if err != nil {
		h.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.T.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.RunMoveTasks(ctx); err != nil {
			h.T.Error(err)
		}
	})
	return &domain{Service: s, h: h, stop: func() {
		cancel()
		running.Wait()
	}}
}

// deadLetters makes a source queue and its dead-letter queue with messages that failed.
func (d *domain) deadLetters(suffix string, entries ...queue.Entry) (source, dead *queue.Definition) {
	d.h.T.Helper()
	fifo := func(a *queue.Attributes) { a.FIFO = suffix != "" }
	dead = d.h.Create("dead"+suffix, fifo)
	source = d.h.Create("source"+suffix, fifo, func(a *queue.Attributes) {
		a.Redrive = &queue.RedrivePolicy{DeadLetterTargetARN: d.ARN(dead.Key), MaxReceiveCount: 1}
	})
	d.h.SendEntries(source, entries...)
	req := queue.ReceiveRequest{
		Max: len(entries), Visibility: time.Second,
		DeadLetter: &queue.DeadLetter{Target: dead.Key, MaxReceives: 1, SourceARN: d.ARN(source.Key)},
	}
	d.h.Receive(source, req)
	time.Sleep(2 * time.Second)
	d.h.Receive(source, req)
	d.h.WantCounts(source, 0, 0, 0)
	d.h.WantCounts(dead, len(entries), 0, 0)
	return source, dead
}

func (d *domain) start(source *queue.Definition, perSecond int) {
	d.h.T.Helper()
	_, err := d.StartMessageMoveTask(d.h.T.Context(), owner(), queue.StartMoveTaskInput{
		SourceARN: d.ARN(source.Key), MaxPerSecond: queue.OptionalInt{Value: perSecond, Set: perSecond > 0},
	})
	if err != nil {
		d.h.T.Fatal(err)
	}
}

// wantTask checks the last task of a queue.
func (d *domain) wantTask(source *queue.Definition, status string, moved int) {
	d.h.T.Helper()
	tasks, err := d.ListMessageMoveTasks(d.h.T.Context(), owner(), d.ARN(source.Key), queue.OptionalInt{})
	if err != nil || len(tasks) != 1 {
		d.h.T.Fatalf("listed %+v, %v", tasks, err)
	}
	if tasks[0].Status != status || tasks[0].Moved != moved {
		d.h.T.Errorf("the task is %s and moved %d, want %s and %d", tasks[0].Status, tasks[0].Moved, status, moved)
	}
}

func numbered(n int, change func(i int, e *queue.Entry)) []queue.Entry {
	entries := make([]queue.Entry, n)
	for i := range entries {
		entries[i] = jetstreamtest.Entry(strconv.Itoa(i))
		change(i, &entries[i])
	}
	return entries
}

func TestMoveTaskGoesOnAfterARestart(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		d := newDomain(h)
		source, dead := d.deadLetters("", numbered(100, func(int, *queue.Entry) {})...)
		d.start(dead, 10)
		time.Sleep(3050 * time.Millisecond)
		d.stop()
		h.WantCounts(source, 31, 0, 0)
		h.Restart()
		h.WantCounts(source, 31, 0, 0)
		h.WantCounts(dead, 69, 0, 0)

		d = newDomain(h)
		defer d.stop()
		d.wantTask(dead, "RUNNING", 31)
		time.Sleep(10 * time.Second)
		d.wantTask(dead, "COMPLETED", 100)
		wantAllOnce(t, h, source, 100)
		h.WantCounts(dead, 0, 0, 0)
	})
}

// TestMoveTaskGoesOnAfterTheStoreIsTakenAway closes the store under a running task, so
// that nothing can be counted or saved any more.
func TestMoveTaskGoesOnAfterTheStoreIsTakenAway(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		d := newDomain(h)
		source, dead := d.deadLetters("", numbered(300, func(int, *queue.Entry) {})...)
		d.start(dead, 0)
		h.Restart() // the task has not waited for anything yet
		d.stop()

		d = newDomain(h)
		defer d.stop()
		time.Sleep(10 * time.Second)
		tasks, err := d.ListMessageMoveTasks(t.Context(), owner(), d.ARN(dead.Key), queue.OptionalInt{})
		if err != nil || tasks[0].Status != "COMPLETED" {
			t.Errorf("listed %+v, %v", tasks, err)
		}
		wantAllOnce(t, h, source, 300)
		h.WantCounts(dead, 0, 0, 0)
	})
}

// wantAllOnce receives every message and checks that each is there once.
func wantAllOnce(t *testing.T, h *jetstreamtest.Harness, def *queue.Definition, n int) {
	t.Helper()
	seen := make(map[string]int)
	for {
		got := h.Receive(def, queue.ReceiveRequest{Visibility: time.Hour})
		if len(got) == 0 {
			break
		}
		for _, body := range jetstreamtest.Bodies(got) {
			seen[body]++
		}
	}
	want := make(map[string]int)
	for i := range n {
		want[strconv.Itoa(i)] = 1
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("how often each message is there (-want +got):\n%s", d)
	}
}

func TestMoveTaskKeepsTheOrderOfGroups(t *testing.T) {
	jetstreamtest.Run(t, open, func(t *testing.T, h *jetstreamtest.Harness) {
		d := newDomain(h)
		defer d.stop()
		source, dead := d.deadLetters(".fifo", numbered(9, func(i int, e *queue.Entry) {
			e.Group, e.DedupID, e.Dedup = fmt.Sprint("g", i%3), fmt.Sprint("d", i), fmt.Sprint("d", i)
		})...)
		d.start(dead, 0)
		synctest.Wait()
		d.wantTask(dead, "COMPLETED", 9)
		got := h.Receive(source, queue.ReceiveRequest{Max: 10})
		order := make(map[string]string)
		for i := range got {
			order[got[i].Group] += string(got[i].Body)
			if got[i].DedupID == fmt.Sprint("d", string(got[i].Body)) {
				t.Errorf("message %s still has the deduplication id of its first send", got[i].Body)
			}
		}
		if d := cmp.Diff(map[string]string{"g0": "036", "g1": "147", "g2": "258"}, order); d != "" {
			t.Errorf("bodies by group (-want +got):\n%s", d)
		}
	})
}

// TestMoveTaskWaitsForItsGroup has a consumer of the dead-letter queue hold the first
// message of a group.
func TestMoveTaskWaitsForItsGroup(t *testing.T) {
	jetstreamtest.Run(t, open, func(_ *testing.T, h *jetstreamtest.Harness) {
		d := newDomain(h)
		defer d.stop()
		source, dead := d.deadLetters(".fifo", numbered(3, func(i int, e *queue.Entry) {
			e.Group, e.Dedup = "g", strconv.Itoa(i)
		})...)
		h.Receive(dead, queue.ReceiveRequest{Max: 1, Visibility: time.Minute})
		d.start(dead, 0)
		time.Sleep(50 * time.Second)
		d.wantTask(dead, "RUNNING", 0)
		time.Sleep(20 * time.Second)
		d.wantTask(dead, "COMPLETED", 2) // as many as were visible when it started
		h.WantCounts(source, 2, 0, 0)
		h.WantCounts(dead, 1, 0, 0)
	})
}
