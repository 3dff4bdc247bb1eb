package jetstream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/journal"
	"github.com/queuelet/queuelet/jetstream/log"
)

// maxVisibility is the longest visibility timeout of SQS, 12 hours, in milliseconds.
const maxVisibility = 12 * 60 * 60 * 1000

// loaders is how many queues are read at the same time.
const loaders = 4

// takeOver makes this store the owner: it fences the owner before, and builds the index of
// every queue from its log and the journal.
func (s *Store) takeOver(ctx context.Context) error {
	s.owner = newOwner(s)
	stream, err := log.Create(ctx, s.js, journalStream, journalSubject, 1)
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	var replay journal.Replay
	// The journal lives as long as the owner, and not only while it is opened.
	o := journal.Options{Commit: s.commit, Failed: s.owner.fail, Trouble: s.repairAfter}
	s.owner.journal, replay, err = journal.Open(s.owner.ctx, stream, o) //nolint:contextcheck // as said
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	defs, err := s.definitions(ctx)
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	logs, err := s.logs(ctx)
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	if err := s.load(ctx, defs, logs, replay); err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	s.removeOrphans(ctx, logs)
	return nil
}

// logs returns the state of the logs on disk, by queue id.
func (s *Store) logs(ctx context.Context) (map[uint64]jetstream.StreamState, error) {
	found := map[uint64]jetstream.StreamState{}
	list := s.js.ListStreams(ctx, jetstream.WithStreamListSubject(logSubjectPrefix+"*"))
	for info := range list.Info() {
		if id, ok := logID(info.Config.Name); ok {
			found[id] = info.State
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	return found, nil
}

// load reads the queues and makes them known.
func (s *Store) load(ctx context.Context, defs []*queue.Definition, logs map[uint64]jetstream.StreamState, replay journal.Replay) error {
	queues := make([]*ownedQueue, len(defs))
	origins := make([][]moved, len(defs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(loaders)
	for i, def := range defs {
		queues[i] = newOwnedQueue(s.owner, def)
		state, ok := logs[def.ID]
		if !ok {
			if said := replay[def.ID]; said != nil {
				queues[i].purged = said.Below
			}
			continue
		}
		g.Go(func() (err error) {
			origins[i], err = queues[i].rebuild(ctx, state, replay[def.ID])
			if err != nil {
				return fmt.Errorf("read queue %s: %w", def.Name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	s.registerAll(queues)
	s.finishInterruptedMoves(queues, origins)
	return nil
}

// finishInterruptedMoves deletes messages that had arrived in their dead-letter queue from
// the queue that they came from, where a crash came between the two.
func (s *Store) finishInterruptedMoves(queues []*ownedQueue, origins [][]moved) {
	byID := make(map[uint64]*ownedQueue, len(queues))
	for _, q := range queues {
		byID[q.id] = q
	}
	for _, moves := range origins {
		for _, m := range moves {
			if source := byID[m.Queue]; source != nil {
				source.forget([]index.Taken{{Seq: m.Seq}})
			}
		}
	}
	for _, q := range queues {
		q.mu.Lock()
		q.arm()
		q.mu.Unlock()
	}
}

// removeOrphans deletes logs whose queue was deleted when the deletion of the log did not
// come through.
func (s *Store) removeOrphans(ctx context.Context, logs map[uint64]jetstream.StreamState) {
	for _, q := range s.owner.queues() {
		delete(logs, q.id)
	}
	for id := range logs {
		if err := s.js.DeleteStream(ctx, logStream(id)); err != nil {
			s.opts.Logger.WarnContext(ctx, "log of a deleted queue remains until the next start", "stream", logStream(id), "error", err)
		}
	}
}

// stored is a message found in a queue's log.
type stored struct {
	item  index.Item
	dedup string
	id    queue.MessageID
	sent  int64
}

// rebuild builds the queue's index from its log and what the journal says. It returns the
// origins of the messages that came from other queues.
func (q *ownedQueue) rebuild(ctx context.Context, state jetstream.StreamState, said *journal.Queue) ([]moved, error) {
	if said == nil {
		said = &journal.Queue{}
	}
	stream := log.Open(q.o.store.js, logStream(q.id), logSubject(q.id), state.LastSeq)
	found := map[uint64]stored{}
	origins := map[uint64]moved{}
	var d decoder
	err := stream.Read(ctx, state.FirstSeq, state.LastSeq, func(a log.Append) error {
		return q.loadBlock(a, &d, found, origins)
	})
	if err != nil {
		return nil, err
	}
	q.writer = q.newWriter(stream)
	q.purged = said.Below
	q.restoreDedup(found, said)
	q.restoreIndex(found, said)
	live := make([]moved, 0, len(origins))
	for seq, m := range origins {
		if _, ok := q.index.Get(seq); ok {
			live = append(live, m)
		}
	}
	return live, nil
}

// loadBlock reads one block. A message that was relocated is in two; the later counts.
func (q *ownedQueue) loadBlock(a log.Append, d *decoder, found map[uint64]stored, origins map[uint64]moved) error {
	next, err := openBlock(a.Data)
	if err != nil {
		return fmt.Errorf("block %d: %w", a.Sequence, err)
	}
	var items []index.Item
	d.b = a.Data[blockHeaderSize:]
	for len(d.b) > 0 {
		offset := uint32(len(a.Data) - len(d.b))
		var r record
		if err := d.next(&r); err != nil {
			return fmt.Errorf("block %d: %w", a.Sequence, err)
		}
		item := index.Item{
			Seq: r.Seq, Sent: r.enqueued(q.fifo), NotBefore: r.NotBefore, Group: r.Group,
			Ref: index.Ref{Block: a.Sequence, Offset: offset},
		}
		items = append(items, item)
		found[r.Seq] = stored{item: item, dedup: r.DedupKey, id: r.ID, sent: r.Sent.UnixMilli()}
		if r.Moved != nil {
			origins[r.Seq] = *r.Moved
		}
		q.next = max(q.next, r.Seq+1)
	}
	q.next = max(q.next, next)
	q.blocks.append(a.Sequence, items, len(a.Data), q.o.cache.add(a.Data, false))
	return nil
}

// restoreIndex takes the messages that are alive into the index, in order of sequence.
func (q *ownedQueue) restoreIndex(found map[uint64]stored, said *journal.Queue) {
	now := time.Now().UnixMilli()
	for _, seq := range slices.Sorted(maps.Keys(found)) {
		m := found[seq]
		_, deleted := said.Deleted[seq]
		if deleted || seq < said.Below {
			continue
		}
		state := said.States[seq]
		// Due times are wall clock: one that lies beyond the longest possible visibility
		// timeout comes from a clock that was set back since.
		state.Due = min(state.Due, now+maxVisibility)
		q.index.Restore(now, m.item, state)
	}
	if q.fifo {
		// The delay may have been changed since they were sent.
		q.index.SetDelay(now, q.def.Load().Attributes.Delay.Milliseconds())
	}
	// What is not live in the index, or is in a later block, is dead where it stands.
	for i := range q.blocks.list {
		b := &q.blocks.list[i]
		at := q.blocks.base + uint64(i)
		for k := range int(b.total) {
			if t, live := q.index.Get(b.seq(k)); !live || t.Ref.Block != at {
				q.blocks.release(at)
			}
		}
	}
	q.expire(now)
	if q.blocks.headDead() {
		q.o.tidyLater(q)
	}
}

// restoreDedup rebuilds the deduplication window: from the journal the ids of messages
// whose blocks are gone, from the log the others.
func (q *ownedQueue) restoreDedup(found map[uint64]stored, said *journal.Queue) {
	if q.dedup == nil {
		return
	}
	for _, e := range said.Dedup {
		q.dedup.Restore(e)
		q.persisted = max(q.persisted, e.Seq)
	}
	for _, seq := range slices.Sorted(maps.Keys(found)) {
		if m := found[seq]; m.dedup != "" && seq >= said.Below && seq > q.persisted {
			q.dedup.Add(m.sent, m.dedup, index.DedupEntry{Seq: seq, ID: m.id, At: m.sent})
		}
	}
}
