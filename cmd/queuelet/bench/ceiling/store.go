package ceiling

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

var _ queue.Store = (*store)(nil)

// store knows which queues there are and what messages of each look like.
type store struct {
	queue.Store // nil: what no load asks for is answered as an internal failure

	sequence atomic.Uint64
	queues   sync.Map // queue.Key to *kept
}

// kept is what is known of a queue.
type kept struct {
	def    *queue.Definition
	canned atomic.Pointer[queue.Message] // what receives hand out
}

func (s *store) CreateQueue(_ context.Context, def queue.Definition) (*queue.Definition, error) {
	def.ID = s.sequence.Add(1)
	k := &kept{def: &def}
	k.canned.Store(&queue.Message{Sent: time.Now()})
	if earlier, loaded := s.queues.LoadOrStore(def.Key, k); loaded {
		if k, ok := earlier.(*kept); ok {
			return k.def, queue.ErrQueueExists
		}
	}
	return &def, nil
}

func (s *store) find(key queue.Key) (*kept, error) {
	found, _ := s.queues.Load(key)
	k, ok := found.(*kept)
	if !ok {
		return nil, queue.ErrQueueNotFound
	}
	return k, nil
}

func (s *store) DeleteQueue(_ context.Context, key queue.Key) error {
	s.queues.Delete(key)
	return nil
}

func (s *store) Queue(key queue.Key) (*queue.Definition, error) {
	k, err := s.find(key)
	if err != nil {
		return nil, err
	}
	return k.def, nil
}

func (s *store) Send(_ context.Context, def *queue.Definition, entries []queue.Entry) ([]queue.Sent, error) {
	k, err := s.find(def.Key)
	if err != nil {
		return nil, err
	}
	if e := &entries[0]; len(k.canned.Load().Body) != len(e.Body) {
		canned := e.Message
		canned.Body = append([]byte(nil), e.Body...) // the caller uses its own again
		canned.Attributes = nil
		k.canned.Store(&canned)
	}
	sent := make([]queue.Sent, len(entries))
	for i := range entries {
		sent[i] = queue.Sent{ID: entries[i].ID, Sequence: s.sequence.Add(1)}
	}
	return sent, nil
}

func (s *store) Receive(_ context.Context, def *queue.Definition, req queue.ReceiveRequest) ([]queue.Received, error) {
	k, err := s.find(def.Key)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	received := make([]queue.Received, req.Max)
	for i := range received {
		received[i] = queue.Received{
			Message:       *k.canned.Load(),
			Handle:        queue.Handle{Queue: def.ID, Sequence: s.sequence.Add(1), ReceiveCount: 1, ReceivedAt: now},
			FirstReceived: now,
			ReceiveCount:  1,
		}
	}
	return received, nil
}

func (s *store) Delete(_ context.Context, _ *queue.Definition, handles []queue.Handle) ([]error, error) {
	return make([]error, len(handles)), nil
}

func (s *store) StartDelete(_ *queue.Definition, handles []queue.Handle) ([]error, func(context.Context) error, error) {
	return make([]error, len(handles)), func(context.Context) error { return nil }, nil
}

func (s *store) Counts(context.Context, *queue.Definition) (queue.Counts, error) {
	return queue.Counts{}, nil
}

func (s *store) MoveTasks(context.Context) ([]queue.MoveTaskRecord, error) { return nil, nil }

// Secret returns a key that is as good as any: what it seals ends with the process.
func (s *store) Secret(context.Context, string) ([]byte, error) {
	const keyBytes = 32
	return make([]byte, keyBytes), nil
}
