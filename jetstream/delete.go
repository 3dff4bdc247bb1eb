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
	errs, ticket, err := q.remove(handles)
	if err != nil {
		return nil, err
	}
	if err := ticket.Wait(ctx); err != nil {
		return nil, q.answer(err)
	}
	return errs, nil
}

// StartDelete implements [queue.Store].
func (s *Store) StartDelete(def *queue.Definition, handles []queue.Handle) (
	errs []error, durable func(context.Context) error, err error,
) {
	q, err := s.findToWrite(def)
	if err != nil {
		return nil, nil, err
	}
	errs, ticket, err := q.remove(handles)
	if err != nil {
		return nil, nil, err
	}
	durable = func(ctx context.Context) error {
		if err := ticket.Wait(ctx); err != nil {
			return q.answer(err)
		}
		return nil
	}
	return errs, durable, nil
}

// remove takes messages out of the index and journals that.
func (q *ownedQueue) remove(handles []queue.Handle) (errs []error, ticket log.Ticket, err error) {
	errs = make([]error, len(handles))
	seqs := make([]uint64, 0, len(handles))
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return nil, log.Ticket{}, err
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
		return errs, log.Ticket{}, nil
	}
	q.wake() // a message group may have come free
	return errs, q.o.journal.Deleted(q.id, seqs, log.AskDurable), nil
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
