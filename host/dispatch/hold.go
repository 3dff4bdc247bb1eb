package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

const (
	longestHold = 12 * time.Hour // from the receive, as SQS allows it
	// handover is how long before messages become visible, at the latest, their invocation is given up.
	handover = time.Second
)

var (
	errVisibilityLost = errors.New("the messages' visibility timeout could not be renewed")
	errHeldTooLong    = errors.New("the messages may not be kept for more than twelve hours")
)

// hold keeps the messages of a batch invisible while it is in work. Their visibility timeout is renewed when half of it is
// over. If that does not succeed in time, ctx ends while the messages are still held. A hold that had nothing to renew can
// begin with another batch.
type hold struct {
	ctx    context.Context //nolint:containedctx // of the work on the batch
	lose   context.CancelCauseFunc
	source Source
	log    *slog.Logger
	key    queue.Key

	timer *time.Timer   // begins to renew
	done  chan struct{} // closed by end if renewing had begun
	ended chan struct{} // closed when renewing has ended

	changing sync.Mutex // one change of visibility at a time, so that none undoes another

	mu         sync.Mutex
	extended   map[uint64]time.Time // by sequence, until when the function wants a message to be invisible
	messages   [][]queue.ReceivedMessage
	visibility time.Duration
	until      time.Time // when the first of them becomes visible
	limit      time.Time // beyond which until cannot be moved
}

// newHold makes a hold that has not begun. The work ends with finish at the latest.
func newHold(finish context.Context, source Source, log *slog.Logger) *hold {
	h := &hold{source: source, log: log, done: make(chan struct{}), ended: make(chan struct{})}
	h.ctx, h.lose = context.WithCancelCause(finish)
	return h
}

// begin holds messages that were just received.
func (h *hold) begin(key queue.Key, got queue.Consumed) {
	h.mu.Lock()
	h.key, h.messages = key, h.messages[:0]
	h.mu.Unlock()
	h.add(got)
	if h.timer == nil {
		h.timer = time.AfterFunc(h.visibility/2, h.run)
	} else {
		h.timer.Reset(h.visibility / 2)
	}
}

// add holds more messages.
func (h *hold) add(got queue.Consumed) {
	first := got.Messages[0].Handle.ReceivedAt
	for i := range got.Messages {
		if at := got.Messages[i].Handle.ReceivedAt; at.Before(first) {
			first = at
		}
	}
	until, limit := first.Add(got.Visibility), first.Add(longestHold)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.messages) == 0 {
		h.visibility, h.until, h.limit = got.Visibility, until, limit
	}
	if until.Before(h.until) {
		h.until = until
	}
	if limit.Before(h.limit) {
		h.limit = limit
	}
	h.visibility = min(h.visibility, got.Visibility)
	h.messages = append(h.messages, got.Messages)
}

// extend lets the function change the visibility timeout of a message. Renewals do not cut it short.
func (h *hold) extend(handle queue.Handle, timeout time.Duration, change func() error) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	until := time.Now().Add(timeout)
	if err := change(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.extended == nil {
		h.extended = map[uint64]time.Time{}
	}
	h.extended[handle.Sequence] = until
	return nil
}

// changes returns what there is to renew now. mu is held.
func (h *hold) changes(now time.Time) []queue.VisibilityChange {
	var changes []queue.VisibilityChange
	for _, received := range h.messages {
		for i := range received {
			handle := received[i].Handle
			if !h.extended[handle.Sequence].After(now.Add(h.visibility)) {
				changes = append(changes, queue.VisibilityChange{Handle: handle, Timeout: h.visibility})
			}
		}
	}
	return changes
}

// end lets go: it renews no more, and waits for a renewal under way. It returns whether the hold can begin again.
func (h *hold) end() (again bool) {
	unused := h.timer.Stop()
	if unused && h.ctx.Err() == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		clear(h.messages)
		h.extended = nil
		return true
	}
	h.lose(nil)
	if !unused {
		close(h.done)
		<-h.ended
	}
	return false
}

// deadline is when the messages cannot be held any longer.
func (h *hold) deadline() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limit.Add(-handover)
}

// run renews until the hold ends or cannot be kept.
func (h *hold) run() {
	defer close(h.ended)
	for {
		pause, kept := h.renew()
		if !kept {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-h.done:
			timer.Stop()
			return
		}
	}
}

// renew moves the end of the visibility timeout and returns when to do so again. It gives the work up, and returns false,
// when there is no time left to try.
func (h *hold) renew() (pause time.Duration, kept bool) {
	h.changing.Lock()
	defer h.changing.Unlock()
	now := time.Now()
	h.mu.Lock()
	changes, visibility, until, limit := h.changes(now), h.visibility, h.until, h.limit
	h.mu.Unlock()
	margin := min(handover, visibility/4)

	if !until.Before(limit) {
		return h.waitFor(limit.Add(-margin), errHeldTooLong)
	}
	ctx, cancel := context.WithDeadline(h.ctx, until.Add(-margin))
	defer cancel()
	// A message that is not in flight any more was deleted, or is somebody else's; there is nothing to be done about it.
	_, err := h.source.ChangeConsumedVisibility(ctx, h.key, changes)
	if err == nil {
		h.mu.Lock()
		h.until = now.Add(visibility)
		if limit.Before(h.until) {
			h.until = limit
		}
		h.mu.Unlock()
		return visibility / 2, true
	}
	if h.ctx.Err() != nil {
		return 0, false
	}
	left := time.Until(until.Add(-margin))
	if left <= 0 {
		h.log.WarnContext(ctx, "invocation is given up: its messages would become visible", "queue", h.key.Name, "error", err)
		h.lose(errVisibilityLost)
		return 0, false
	}
	return max(left/4, time.Millisecond), true
}

// waitFor lets the work go on until a time, and gives it up then.
func (h *hold) waitFor(end time.Time, cause error) (time.Duration, bool) {
	left := time.Until(end)
	if left > 0 {
		return left, true
	}
	h.lose(cause)
	return 0, false
}
