package jetstream

import (
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
)

const (
	// attemptWindow is how long, in milliseconds, a receive can be repeated with its
	// ReceiveRequestAttemptId (AWS API reference, ReceiveMessage).
	attemptWindow = 5 * 60 * 1000
	// attemptsKept is how many receives of a queue can be repeated at the most.
	attemptsKept = 100_000
)

// attempt is a receive that can be repeated: the same messages are handed out again.
type attempt struct {
	id       string
	at       int64
	messages []index.Taken // as they were handed out
}

// attempts are the receives of a FIFO queue that carried an attempt id. They are in memory
// only: after a restart the same id receives as a new one does.
type attempts struct {
	byID  map[string]*attempt
	order []*attempt // by time
}

// forget drops what is older than twice the window: for the second half of it an id is known
// to have lapsed.
func (a *attempts) forget(now int64) {
	n := 0
	for n < len(a.order) && (now-a.order[n].at > 2*attemptWindow || len(a.order)-n > attemptsKept) {
		if old := a.order[n]; a.byID[old.id] == old {
			delete(a.byID, old.id)
		}
		n++
	}
	if n > 0 {
		a.order = append(a.order[:0:0], a.order[n:]...)
	}
}

func (a *attempts) add(now int64, id string, messages []index.Taken) {
	a.forget(now)
	if a.byID == nil {
		a.byID = map[string]*attempt{}
	}
	t := &attempt{id: id, at: now, messages: messages}
	a.byID[id] = t
	a.order = append(a.order, t)
}

// repeat hands out the messages of an earlier receive with the same attempt id again, their
// visibility timeout starting anew, their receive count and the time of their receive, and so
// their handles, unchanged. It returns none when there was none, or when its messages became
// visible again since, and queue.ErrAttemptLapsed when one was deleted or changed or the
// window is over. Lock held.
func (q *ownedQueue) repeat(now int64, req *queue.ReceiveRequest) (attempt, error) {
	q.attempts.forget(now)
	t := q.attempts.byID[req.AttemptID]
	if t == nil {
		return attempt{}, nil
	}
	if now-t.at > attemptWindow {
		return attempt{}, queue.ErrAttemptLapsed
	}
	for _, m := range t.messages {
		current, live := q.index.Get(m.Seq)
		switch {
		case !live || current.Count == m.Count && current.Due != m.Due:
			return attempt{}, queue.ErrAttemptLapsed
		case current.Count != m.Count || current.Due <= now:
			return attempt{}, nil
		}
	}
	again := make([]index.Taken, len(t.messages))
	for i, m := range t.messages {
		again[i], _ = q.index.Get(m.Seq)
		state, err := q.index.Change(now, m.Seq, m.Count, req.Visibility.Milliseconds())
		if err != nil {
			return attempt{}, queue.ErrAttemptLapsed
		}
		again[i].State = state
	}
	t.messages = again
	return *t, nil
}
