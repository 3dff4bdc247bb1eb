package jetstream

import (
	"context"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// ChangeVisibility implements [queue.Store].
func (s *Store) ChangeVisibility(ctx context.Context, def *queue.Definition, changes []queue.VisibilityChange) ([]error, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(changes))
	ticket, err := q.changeVisibility(changes, errs)
	if err != nil {
		return nil, err
	}
	if err := ticket.Wait(ctx); err != nil {
		return nil, q.answer(err)
	}
	return errs, nil
}

func (q *ownedQueue) changeVisibility(changes []queue.VisibilityChange, errs []error) (log.Ticket, error) {
	changed := make([]index.Taken, 0, len(changes))
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return log.Ticket{}, err
	}
	q.tick(now)
	for i, c := range changes {
		state, err := q.index.Change(now, c.Handle.Sequence, c.Handle.ReceiveCount, c.Timeout.Milliseconds())
		if err != nil {
			errs[i] = queue.ErrMessageNotInFlight
			continue
		}
		changed = append(changed, index.Taken{Seq: c.Handle.Sequence, State: state})
	}
	if len(changed) == 0 {
		return log.Ticket{}, nil
	}
	q.wake()
	q.arm()
	return q.o.states(q, changed, log.AskDurable), nil
}
