package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// Delete implements [queue.Store].
func (s *Store) Delete(ctx context.Context, def *queue.Definition, handles []queue.Handle) ([]error, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(handles))
	ticket, err := q.remove(handles, errs)
	if err != nil {
		return nil, err
	}
	if err := ticket.Wait(ctx); err != nil {
		return nil, q.answer(err)
	}
	return errs, nil
}

// remove takes messages out of the index and journals that.
func (q *ownedQueue) remove(handles []queue.Handle, errs []error) (log.Ticket, error) {
	seqs := make([]uint64, 0, len(handles))
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return log.Ticket{}, err
	}
	q.tick(now)
	for i, h := range handles {
		ref, removed, err := q.index.Delete(now, h.Sequence, h.ReceiveCount)
		if errors.Is(err, index.ErrExpired) {
			err = queue.ErrHandleExpired
		}
		errs[i] = err
		if removed {
			seqs = append(seqs, h.Sequence)
			q.release(ref)
		}
	}
	if len(seqs) == 0 {
		return log.Ticket{}, nil
	}
	q.wake() // a message group may have come free
	return q.o.journal.Deleted(q.id, seqs, log.AskDurable), nil
}

// Purge implements [queue.Store].
func (s *Store) Purge(ctx context.Context, def *queue.Definition) error {
	q, err := s.findToWrite(def)
	if err != nil {
		return err
	}
	ticket, err := q.purge()
	if err != nil {
		return err
	}
	return q.answer(ticket.Wait(ctx))
}

func (q *ownedQueue) purge() (log.Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return log.Ticket{}, err
	}
	q.purged = q.next
	q.index.Purge(func(_ uint64, ref index.Ref) { q.release(ref) })
	if q.dedup != nil {
		q.dedup.Clear()
	}
	q.attempts = attempts{}
	return q.o.journal.Purged(q.id, q.purged, log.AskDurable), nil
}
