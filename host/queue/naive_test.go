package queue_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// naiveStore is the simplest store that keeps the promises the service builds on:
// every question is answered by walking over all messages. Long polls look again
// every few milliseconds, which costs nothing in virtual time. The hooks replace a
// method where a test needs the store to fail.
type naiveStore struct {
	mu      sync.Mutex
	queues  map[queue.Key]*naiveQueue
	lastID  uint64
	hookErr func(operation string) error
	tasks   map[string]queue.MoveTaskRecord
}

type naiveQueue struct {
	def      *queue.Definition
	messages []*naiveMessage // by sequence
	next     uint64
	dedup    map[string]naiveDedup
}

type naiveDedup struct {
	sent queue.Sent
	at   time.Time
}

type naiveMessage struct {
	queue.Message

	sequence      uint64
	due           time.Time // visible from here on
	received      uint32    // in this queue
	before        uint32    // in the queues it was moved from
	lastReceived  time.Time
	firstReceived time.Time
}

func newNaiveStore() *naiveStore {
	return &naiveStore{queues: make(map[queue.Key]*naiveQueue)}
}

func (s *naiveStore) fail(operation string) error {
	if s.hookErr == nil {
		return nil
	}
	return s.hookErr(operation)
}

func (s *naiveStore) Secret(context.Context, string) ([]byte, error) {
	if err := s.fail("Secret"); err != nil {
		return nil, err
	}
	return bytes.Repeat([]byte{7}, 32), nil
}

func (s *naiveStore) CreateQueue(_ context.Context, def queue.Definition) (*queue.Definition, error) {
	if err := s.fail("CreateQueue"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing := s.queues[def.Key]; existing != nil {
		return existing.def, queue.ErrQueueExists
	}
	s.lastID++
	def.ID = s.lastID
	s.queues[def.Key] = &naiveQueue{def: &def, dedup: make(map[string]naiveDedup)}
	return &def, nil
}

func (s *naiveStore) UpdateQueue(
	_ context.Context, key queue.Key, change func(*queue.Definition) error,
) (*queue.Definition, error) {
	if err := s.fail("UpdateQueue"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[key]
	if q == nil {
		return nil, queue.ErrQueueNotFound
	}
	changed := *q.def
	if err := change(&changed); err != nil {
		return nil, err
	}
	q.def = &changed
	return q.def, nil
}

func (s *naiveStore) DeleteQueue(_ context.Context, key queue.Key) error {
	if err := s.fail("DeleteQueue"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[key] == nil {
		return queue.ErrQueueNotFound
	}
	delete(s.queues, key)
	return nil
}

func (s *naiveStore) Queue(key queue.Key) (*queue.Definition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[key]; q != nil {
		return q.def, nil
	}
	return nil, queue.ErrQueueNotFound
}

func (s *naiveStore) Queues(account, prefix string) []*queue.Definition {
	s.mu.Lock()
	defer s.mu.Unlock()
	var defs []*queue.Definition
	for q := range maps.Values(s.queues) {
		if (account == "" || q.def.Account == account) && strings.HasPrefix(q.def.Name, prefix) {
			defs = append(defs, q.def)
		}
	}
	slices.SortFunc(defs, func(a, b *queue.Definition) int { return strings.Compare(a.Name, b.Name) })
	return defs
}

func (s *naiveStore) Send(_ context.Context, def *queue.Definition, entries []queue.Entry) ([]queue.Sent, error) {
	if err := s.fail("Send"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	sent := make([]queue.Sent, len(entries))
	for i := range entries {
		entry := &entries[i]
		if earlier, found := q.dedup[entry.Dedup]; found && entry.Dedup != "" && now.Sub(earlier.at) < 5*time.Minute {
			sent[i] = earlier.sent
			sent[i].Duplicate = true
			continue
		}
		message := &naiveMessage{Message: entry.Message, due: now.Add(entry.Delay)}
		message.Body = bytes.Clone(entry.Body)
		q.append(message)
		sent[i] = queue.Sent{ID: message.ID, Sequence: message.sequence}
		q.dedup[entry.Dedup] = naiveDedup{sent: sent[i], at: now}
	}
	return sent, nil
}

func (s *naiveStore) incarnation(def *queue.Definition) (*naiveQueue, error) {
	q := s.queues[def.Key]
	if q == nil || q.def.ID != def.ID {
		return nil, queue.ErrQueueNotFound
	}
	return q, nil
}

func (q *naiveQueue) append(m *naiveMessage) {
	q.next++
	m.sequence = q.next
	q.messages = append(q.messages, m)
}

const naivePollInterval = 10 * time.Millisecond

func (s *naiveStore) Receive(
	ctx context.Context, def *queue.Definition, req queue.ReceiveRequest,
) ([]queue.Received, error) {
	if err := s.fail("Receive"); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(req.Wait)
	for {
		received, err := s.take(def, req)
		if err != nil || len(received) > 0 || !time.Now().Before(deadline) {
			return received, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(naivePollInterval):
		}
	}
}

func (s *naiveStore) take(def *queue.Definition, req queue.ReceiveRequest) ([]queue.Received, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	blocked := make(map[string]bool) // groups with an earlier message in flight before this call
	var received []queue.Received
	for _, m := range slices.Clone(q.messages) {
		if len(received) == req.Max {
			break
		}
		if m.due.After(now) {
			if def.Attributes.FIFO && m.received > 0 {
				blocked[m.Group] = true
			}
			continue
		}
		if blocked[m.Group] {
			continue
		}
		if req.DeadLetter != nil && int(m.received) >= req.DeadLetter.MaxReceives {
			s.moveToDeadLetter(q, m, req.DeadLetter)
			continue
		}
		received = append(received, q.hand(m, now, req.Visibility))
	}
	return received, nil
}

func (s *naiveStore) moveToDeadLetter(q *naiveQueue, m *naiveMessage, to *queue.DeadLetter) {
	q.remove(m)
	moved := &naiveMessage{Message: m.Message, before: m.before + m.received, firstReceived: m.firstReceived}
	moved.DeadLetterSource = to.SourceARN
	s.queues[to.Target].append(moved)
}

func (q *naiveQueue) hand(m *naiveMessage, now time.Time, visibility time.Duration) queue.Received {
	m.received++
	m.due = now.Add(visibility)
	m.lastReceived = now
	if m.firstReceived.IsZero() {
		m.firstReceived = now
	}
	return queue.Received{
		Message: m.Message,
		Handle: queue.Handle{
			Queue: q.def.ID, Sequence: m.sequence, ReceiveCount: m.received, ReceivedAt: now,
		},
		FirstReceived: m.firstReceived,
		ReceiveCount:  m.before + m.received,
	}
}

func (q *naiveQueue) find(h queue.Handle) *naiveMessage {
	for _, m := range q.messages {
		if m.sequence == h.Sequence {
			return m
		}
	}
	return nil
}

func (q *naiveQueue) remove(m *naiveMessage) {
	q.messages = slices.DeleteFunc(q.messages, func(other *naiveMessage) bool { return other == m })
}

// expired tells whether a handle of a FIFO queue no longer holds its message.
func (q *naiveQueue) expired(m *naiveMessage, h queue.Handle) bool {
	return q.def.Attributes.FIFO && (m.received != h.ReceiveCount || !m.due.After(time.Now()))
}

func (s *naiveStore) ChangeVisibility(
	_ context.Context, def *queue.Definition, changes []queue.VisibilityChange,
) ([]error, error) {
	if err := s.fail("ChangeVisibility"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(changes))
	for i, change := range changes {
		switch m := q.find(change.Handle); {
		case m == nil, m.received != change.Handle.ReceiveCount && !q.def.Attributes.FIFO:
			errs[i] = queue.ErrMessageNotInFlight
		case q.expired(m, change.Handle):
			errs[i] = queue.ErrHandleExpired
		default:
			m.due = time.Now().Add(change.Timeout)
		}
	}
	return errs, nil
}

func (s *naiveStore) StartDelete(def *queue.Definition, handles []queue.Handle) ([]error, func(context.Context) error, error) {
	errs, err := s.Delete(context.Background(), def, handles)
	return errs, func(context.Context) error { return nil }, err
}

func (s *naiveStore) Delete(_ context.Context, def *queue.Definition, handles []queue.Handle) ([]error, error) {
	if err := s.fail("Delete"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(handles))
	for i, handle := range handles {
		switch m := q.find(handle); {
		case m == nil:
		case q.expired(m, handle):
			errs[i] = queue.ErrHandleExpired
		default:
			q.remove(m)
		}
	}
	return errs, nil
}

func (s *naiveStore) DeadLetter(
	_ context.Context, def *queue.Definition, handles []queue.Handle, to queue.DeadLetter,
) ([]error, error) {
	if err := s.fail("DeadLetter"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(handles))
	for i, h := range handles {
		switch m := q.find(h); {
		case m != nil && q.expired(m, h):
			errs[i] = queue.ErrHandleExpired
		case m == nil, m.received != h.ReceiveCount, !m.due.After(time.Now()):
			errs[i] = queue.ErrMessageNotInFlight
		default:
			s.moveToDeadLetter(q, m, &to)
		}
	}
	return errs, nil
}

func (s *naiveStore) Purge(_ context.Context, def *queue.Definition) error {
	if err := s.fail("Purge"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return err
	}
	q.messages = nil
	clear(q.dedup)
	return nil
}

func (s *naiveStore) Counts(_ context.Context, def *queue.Definition) (queue.Counts, error) {
	if err := s.fail("Counts"); err != nil {
		return queue.Counts{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return queue.Counts{}, err
	}
	var counts queue.Counts
	for _, m := range q.messages {
		switch q.state(m) {
		case queue.Visible:
			counts.Visible++
		case queue.InFlight:
			counts.InFlight++
		case queue.Delayed:
			counts.Delayed++
		}
	}
	return counts, nil
}

func (q *naiveQueue) state(m *naiveMessage) queue.State {
	switch {
	case !m.due.After(time.Now()):
		return queue.Visible
	case m.received > 0:
		return queue.InFlight
	default:
		return queue.Delayed
	}
}

func (s *naiveStore) Peek(_ context.Context, def *queue.Definition, req queue.PeekRequest) ([]queue.Peeked, error) {
	if err := s.fail("Peek"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.incarnation(def)
	if err != nil {
		return nil, err
	}
	var peeked []queue.Peeked
	for _, m := range q.messages {
		state := q.state(m)
		if m.sequence <= req.After || len(peeked) == req.Max ||
			len(req.States) > 0 && !slices.Contains(req.States, state) {
			continue
		}
		peeked = append(peeked, queue.Peeked{
			Message: m.Message, Sequence: m.sequence, State: state, ReceiveCount: m.before + m.received,
		})
	}
	return peeked, nil
}
