package jetstreamtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/queue"
)

// moveTo moves every message to one queue, as new.
func moveTo(target queue.Key) func(*queue.Message) (queue.Key, bool) {
	return func(m *queue.Message) (queue.Key, bool) {
		m.ID[0]++
		m.Sent = time.Now()
		return target, true
	}
}

var moves = map[string]func(*testing.T, *Harness){
	"a move is no receive and keeps the order": func(t *testing.T, h *Harness) {
		from, to := h.Create("dead"), h.Create("orders")
		h.Send(from, "a", "b", "c", "d")
		held := h.Receive(from, queue.ReceiveRequest{Max: 1, Visibility: time.Minute})
		moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 2, Place: moveTo(to.Key)})
		if err != nil || moved.Messages != 2 || moved.Next != 3 {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		h.WantCounts(from, 1, 1, 0)
		h.Restart()
		got := h.Receive(to, queue.ReceiveRequest{})
		wantBodies(t, got, "b", "c")
		if got[0].ReceiveCount != 1 || got[0].DeadLetterSource != "" {
			t.Errorf("moved message: %+v", got[0])
		}
		time.Sleep(time.Minute)
		again := h.Receive(from, queue.ReceiveRequest{})
		wantBodies(t, again, "a", "d")
		if again[0].ID != held[0].ID {
			t.Error("a message that stayed was changed")
		}
	},
	"each message to a queue of its own, and some stay": func(t *testing.T, h *Harness) {
		from, odd, even := h.Create("dead"), h.Create("odd"), h.Create("even")
		for i := range 30 {
			h.Send(from, strconv.Itoa(i))
		}
		place := func(m *queue.Message) (queue.Key, bool) {
			var n int
			if _, err := fmt.Sscan(string(m.Body), &n); err != nil {
				t.Error(err)
			}
			switch n % 3 {
			case 0:
				return queue.Key{}, false
			case 1:
				return odd.Key, true
			default:
				return even.Key, true
			}
		}
		moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 100, Place: place})
		if err != nil || moved != (queue.Moved{Messages: 20}) {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		h.WantCounts(from, 10, 0, 0)
		h.WantCounts(odd, 10, 0, 0)
		h.WantCounts(even, 10, 0, 0)
		wantBodies(t, h.Receive(from, queue.ReceiveRequest{Max: 3}), "0", "3", "6")
	},
	"moves go on behind any number of messages that stay": func(t *testing.T, h *Harness) {
		from, to := h.Create("dead"), h.Create("orders")
		const stay = 2500
		for range stay / 100 {
			h.Send(from, slices.Repeat([]string{"stays"}, 100)...)
		}
		h.Send(from, "goes")
		looked := 0
		place := func(m *queue.Message) (queue.Key, bool) {
			looked++
			return to.Key, string(m.Body) == "goes"
		}
		var all queue.Moved
		for steps := 1; ; steps++ {
			moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 50, After: all.Next, Place: place})
			if err != nil || steps > stay/50 {
				t.Fatalf("step %d: moved %+v, %v", steps, moved, err)
			}
			all.Messages += moved.Messages
			if all.Next = moved.Next; moved.Next == 0 {
				break
			}
		}
		if all.Messages != 1 || looked != stay+1 {
			t.Errorf("moved %d and looked at %d messages", all.Messages, looked)
		}
		h.WantCounts(from, stay, 0, 0)
		h.WantCounts(to, 1, 0, 0)
	},
	"a move keeps the order of groups": func(t *testing.T, h *Harness) {
		from, to := h.Create("dead.fifo", fifoQueue), h.Create("orders.fifo", fifoQueue)
		h.SendEntries(from, inGroup("f", "in flight"), inGroup("s", "stays"), inGroup("g", "1"),
			inGroup("f", "behind"), inGroup("s", "behind it"), inGroup("g", "2"))
		h.Receive(from, queue.ReceiveRequest{Max: 1, Visibility: time.Minute})
		place := func(m *queue.Message) (queue.Key, bool) { return to.Key, string(m.Body) != "stays" }
		moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 10, Place: place})
		if err != nil || moved != (queue.Moved{Messages: 2}) {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		h.WantCounts(from, 3, 1, 0)
		wantBodies(t, h.Receive(to, queue.ReceiveRequest{}), "1", "2")
		time.Sleep(time.Minute)
		if moved, err = h.Move(t.Context(), from, queue.MoveRequest{Max: 10, Place: place}); err != nil || moved.Messages != 2 {
			t.Fatalf("then moved %+v, %v", moved, err)
		}
		wantBodies(t, h.Receive(to, queue.ReceiveRequest{}), "1", "2", "in flight", "behind")
		wantBodies(t, h.Receive(from, queue.ReceiveRequest{}), "stays", "behind it")
	},
	"a move of large messages takes as many appends as it needs": func(t *testing.T, h *Harness) {
		from, to := h.Create("dead"), h.Create("orders")
		for range 5 {
			h.Send(from, strings.Repeat("x", 1<<20))
		}
		moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 10, Place: moveTo(to.Key)})
		if err != nil || moved.Messages != 5 {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		h.WantCounts(from, 0, 0, 0)
		h.WantCounts(to, 5, 0, 0)
	},
	"a move to a queue that is gone leaves everything": func(t *testing.T, h *Harness) {
		from := h.Create("dead")
		h.Send(from, "a", "b")
		moved, err := h.Move(t.Context(), from, queue.MoveRequest{Max: 10, Place: moveTo(queue.Key{Account: Account, Name: "none"})})
		wantError(t, err, queue.ErrQueueNotFound)
		if moved != (queue.Moved{}) {
			t.Errorf("moved %+v", moved)
		}
		wantBodies(t, h.Receive(from, queue.ReceiveRequest{}), "a", "b")
	},
	"move tasks are remembered until they are forgotten": func(t *testing.T, h *Harness) {
		task := queue.MoveTaskRecord{ID: "11111111-2222-4333-8444-555555555555", Source: queue.Key{Account: Account, Name: "dead.fifo"}, Status: "RUNNING", ToMove: 3}
		if err := h.SaveMoveTask(t.Context(), task); err != nil {
			t.Fatal(err)
		}
		task.Moved = 2
		if err := h.SaveMoveTask(t.Context(), task); err != nil {
			t.Fatal(err)
		}
		h.Restart()
		got, err := h.MoveTasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]queue.MoveTaskRecord{task}, got); d != "" {
			t.Error(d)
		}
		if err := h.DeleteMoveTask(t.Context(), task); err != nil {
			t.Fatal(err)
		}
		if got, err = h.MoveTasks(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("after it was deleted: %v, %v", got, err)
		}
	},
}
