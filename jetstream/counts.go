package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
)

// Counts implements [queue.Store].
func (s *Store) Counts(_ context.Context, def *queue.Definition) (queue.Counts, error) {
	q, err := s.find(def)
	if err != nil {
		return queue.Counts{}, err
	}
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return queue.Counts{}, err
	}
	q.tick(now)
	var c queue.Counts
	c.Visible, c.InFlight, c.Delayed = q.index.Counts(now)
	if sent, ok := q.index.NextExpiry(); ok {
		c.OldestSent = time.UnixMilli(sent)
	}
	return c, nil
}

// Peek implements [queue.Store].
func (s *Store) Peek(ctx context.Context, def *queue.Definition, req queue.PeekRequest) ([]queue.Peeked, error) {
	q, err := s.find(def)
	if err != nil {
		return nil, err
	}
	found, states, blocks, err := q.look(req)
	if err != nil {
		return nil, err
	}
	peeked := make([]queue.Peeked, 0, len(found))
	rd := reader{q: q}
	var r record
	for i := range found {
		t := &found[i]
		ok, err := rd.read(ctx, t, blocks[i], &r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		p := queue.Peeked{Message: r.Message, Sequence: t.Seq, State: states[i], ReceiveCount: t.Count}
		if r.Moved != nil {
			p.ReceiveCount += r.Moved.Count
		}
		if t.First != 0 {
			p.FirstReceived = time.UnixMilli(t.First)
		}
		if states[i] != queue.Visible {
			p.Due = time.UnixMilli(t.Due)
		}
		peeked = append(peeked, p)
	}
	return peeked, nil
}

// look finds what Peek shows.
func (q *ownedQueue) look(req queue.PeekRequest) (found []index.Taken, states []queue.State, blocks [][]byte, err error) {
	now := time.Now().UnixMilli()
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return nil, nil, nil, err
	}
	q.tick(now)
	for after, done := req.After, false; !done && len(found) < req.Max; {
		done = true
		q.index.Peek(now, after, req.Max, func(t index.Taken, state index.Phase) bool {
			after, done = t.Seq, false
			s := stateOf(state)
			if len(req.States) == 0 || slices.Contains(req.States, s) {
				found, states = append(found, t), append(states, s)
			}
			return len(found) < req.Max
		})
	}
	return found, states, q.cachedBlocks(found), nil
}

func stateOf(p index.Phase) queue.State {
	switch p {
	case index.InFlight:
		return queue.InFlight
	case index.Delayed:
		return queue.Delayed
	case index.Visible:
	}
	return queue.Visible
}
