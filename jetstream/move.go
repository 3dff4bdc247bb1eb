package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
)

// maxMoveStays bounds how many messages one Move leaves where they are: it keeps them from
// consumers until it is over.
const maxMoveStays = 1_000

// Move implements [queue.Store]. It goes the way of a dead-letter move.
func (s *Store) Move(ctx context.Context, def *queue.Definition, req queue.MoveRequest) (queue.Moved, error) {
	q, err := s.findToWrite(def)
	if err != nil {
		return queue.Moved{}, err
	}
	if err := s.disk.check(); err != nil {
		return queue.Moved{Next: req.After}, err
	}
	m := move{q: q, req: req, result: queue.Moved{Next: req.After}, left: map[string]bool{}}
	defer m.release()
	for m.result.Messages < req.Max && len(m.staying) < maxMoveStays {
		held, last, err := m.hold()
		if err != nil {
			return m.result, err
		}
		if err := m.place(ctx, held); err != nil {
			return m.result, err
		}
		m.result.Next = last
		if len(held) == 0 || last == 0 {
			break
		}
	}
	return m.result, nil
}

// move is one Move under way.
type move struct {
	q       *ownedQueue
	req     queue.MoveRequest
	result  queue.Moved
	staying []index.Taken
	left    map[string]bool // groups of a FIFO queue that have a message that stays
}

// release makes the messages that stay visible again.
func (m *move) release() {
	m.q.giveBack(m.staying)
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	m.q.wake()
}

// hold takes the next messages out of everybody's reach.
func (m *move) hold() (held []index.Taken, last uint64, err error) {
	now := time.Now().UnixMilli()
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	if err := m.q.gone(); err != nil {
		return nil, 0, err
	}
	m.q.tick(now)
	held, last = m.q.index.Hold(now, m.result.Next, m.req.Max-m.result.Messages, nil)
	return held, last, nil
}

// group are messages that go to the same queue.
type group struct {
	target   *ownedQueue
	from     []index.Taken
	records  []*record
	arrivals []arrival
}

// place moves messages that are held to where they belong.
func (m *move) place(ctx context.Context, held []index.Taken) error {
	groups, err := m.sort(ctx, held)
	if err != nil {
		m.staying = append(m.staying, held...)
		return err
	}
	for _, g := range groups {
		var failed error
		if g.arrivals, failed = g.target.adopt(ctx, m.q, g.from, g.records); failed != nil {
			m.staying = append(m.staying, g.from...)
			err = errors.Join(err, failed)
		}
	}
	for _, g := range groups {
		for _, a := range g.arrivals {
			if failed := a.Wait(ctx); failed != nil {
				err = errors.Join(err, g.target.answer(failed))
				continue // given back when the append failed
			}
			m.result.Messages += a.messages
		}
	}
	return err
}

// sort reads the messages and puts them together by target.
func (m *move) sort(ctx context.Context, held []index.Taken) ([]*group, error) {
	var groups []*group
	byKey := map[queue.Key]*group{}
	rd := reader{q: m.q}
	now := time.Now().UnixMilli()
	for i := range held {
		t := held[i]
		r := &record{}
		ok, err := rd.read(ctx, &t, nil, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue // deleted meanwhile
		}
		key, placed := queue.Key{}, !m.left[t.Group]
		if placed {
			key, placed = m.req.Place(&r.Message)
		}
		if !placed {
			m.staying = append(m.staying, t)
			m.left[t.Group] = m.q.fifo
			continue
		}
		g := byKey[key]
		if g == nil {
			g = &group{target: m.q.o.store.lookup(key)}
			if g.target == nil {
				return nil, fmt.Errorf("move to %s: %w", key.Name, queue.ErrQueueNotFound)
			}
			byKey[key] = g
			groups = append(groups, g)
		}
		r.Moved = &moved{Queue: m.q.id, Seq: t.Seq, Enqueued: now}
		r.NotBefore, r.DedupKey, r.DeadLetterSource = 0, "", ""
		g.from, g.records = append(g.from, t), append(g.records, r)
	}
	return groups, nil
}

// SaveMoveTask implements [queue.Store].
func (s *Store) SaveMoveTask(ctx context.Context, task queue.MoveTaskRecord) error {
	text, err := json.Marshal(task)
	if err != nil {
		return fmt.Errorf("save move task: %w", err)
	}
	if _, err := s.kv.Put(ctx, taskKey(task), text); err != nil {
		return fmt.Errorf("save move task: %w", s.notStored(ctx, err))
	}
	return s.durable()
}

// MoveTasks implements [queue.Store].
func (s *Store) MoveTasks(ctx context.Context) ([]queue.MoveTaskRecord, error) {
	var tasks []queue.MoveTaskRecord
	err := s.each(ctx, taskKeyPrefix, func(entry jetstream.KeyValueEntry) error {
		var task queue.MoveTaskRecord
		if err := json.Unmarshal(entry.Value(), &task); err != nil {
			return fmt.Errorf("read move task %s: %w", entry.Key(), err)
		}
		tasks = append(tasks, task)
		return nil
	})
	return tasks, err
}

// DeleteMoveTask implements [queue.Store].
func (s *Store) DeleteMoveTask(ctx context.Context, task queue.MoveTaskRecord) error {
	if err := s.kv.Purge(ctx, taskKey(task)); err != nil {
		return fmt.Errorf("delete move task: %w", s.notStored(ctx, err))
	}
	return s.durable()
}
