package queue_test

import (
	"context"
	"slices"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

func (s *naiveStore) Move(_ context.Context, def *queue.Definition, req queue.MoveRequest) (moved queue.Moved, err error) {
	if err := s.fail("Move"); err != nil {
		return queue.Moved{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return queue.Moved{}, err
	}
	moved.Next = req.After
	for _, m := range slices.Clone(q.messages) {
		if moved.Messages == req.Max {
			return moved, nil
		}
		if m.sequence <= req.After {
			continue
		}
		moved.Next = m.sequence
		if m.due.After(time.Now()) {
			continue
		}
		copied := m.Message
		s.mu.Unlock()
		key, ok := req.Place(&copied)
		s.mu.Lock()
		if !ok {
			continue
		}
		target := s.queues[key]
		if target == nil {
			return moved, queue.ErrQueueNotFound
		}
		copied.DeadLetterSource = ""
		q.remove(m)
		target.append(&naiveMessage{Message: copied})
		moved.Messages++
	}
	moved.Next = 0
	return moved, nil
}

func (s *naiveStore) SaveMoveTask(_ context.Context, task queue.MoveTaskRecord) error {
	if err := s.fail("SaveMoveTask"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks == nil {
		s.tasks = map[string]queue.MoveTaskRecord{}
	}
	s.tasks[task.ID] = task
	return nil
}

func (s *naiveStore) MoveTasks(context.Context) ([]queue.MoveTaskRecord, error) {
	if err := s.fail("MoveTasks"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []queue.MoveTaskRecord
	for _, task := range s.tasks {
		all = append(all, task)
	}
	return all, nil
}

func (s *naiveStore) DeleteMoveTask(_ context.Context, task queue.MoveTaskRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tasks, task.ID)
	return nil
}
