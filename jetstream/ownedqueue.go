package jetstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

// maxInFlight is how many messages of a queue can be in flight (AWS quotas for messages).
const maxInFlight = 120_000

// ownedQueue is one queue of the shard.
type ownedQueue struct {
	o    *owner
	id   uint64
	fifo bool
	def  atomic.Pointer[queue.Definition]

	ctx     context.Context //nolint:containedctx // ends when no more work is taken; its cause is what callers get
	cancel  context.CancelCauseFunc
	writing context.Context //nolint:containedctx // ends when work in hand is abandoned
	abandon context.CancelFunc

	creating  sync.Mutex // held while the log's stream is made
	tapStream tapStream

	mu       sync.Mutex
	revision uint64 // of the definition
	writer   *log.Writer
	next     uint64 // sequence of the next message
	index    *index.Index
	dedup    *index.Dedup // FIFO only
	attempts attempts     // FIFO only
	blocks   blocks
	waiters  waiters
	timer    *time.Timer
	timerAt  int64  // when the timer is set to go off, 0 for not set
	purged   uint64 // first sequence that was not purged
	// Messages on their way into this queue's log, by their sequence in it: from another
	// queue, and from an older block of this one.
	moving     map[uint64]origin
	relocating map[uint64]index.Ref
	persisted  uint64 // deduplication ids up to that sequence are in the journal
}

func newOwnedQueue(o *owner, def *queue.Definition) *ownedQueue {
	q := &ownedQueue{
		o: o, id: def.ID, fifo: def.Attributes.FIFO, next: 1,
		index:  index.New(index.Options{FIFO: def.Attributes.FIFO, MaxInFlight: maxInFlight}),
		blocks: blocks{cache: o.cache},
		moving: map[uint64]origin{}, relocating: map[uint64]index.Ref{},
	}
	if q.fifo {
		q.dedup = index.NewDedup()
	}
	q.ctx, q.cancel = context.WithCancelCause(o.ctx)
	q.writing, q.abandon = context.WithCancel(o.ctx)
	q.def.Store(def)
	return q
}

// redefine takes a newer definition.
func (q *ownedQueue) redefine(def *queue.Definition, revision uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if revision <= q.revision {
		return
	}
	q.revision = revision
	before := q.def.Swap(def)
	now := time.Now().UnixMilli()
	if before.Attributes.Delay != def.Attributes.Delay {
		q.index.SetDelay(now, def.Attributes.Delay.Milliseconds())
	}
	q.expire(now)
	q.wake()
	q.arm()
}

// end makes every further call for the queue fail with cause. Appends on their way go on.
func (q *ownedQueue) end(cause error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cancel(cause)
	if q.timer != nil {
		q.timer.Stop()
	}
	if q.writer != nil {
		q.writer.Fail(cause)
	}
	q.waiters.wakeAll()
}

// flush waits until the queue's log is written.
func (q *ownedQueue) flush() {
	q.mu.Lock()
	w := q.writer
	q.mu.Unlock()
	if w != nil {
		w.Flush()
	}
}

// gone returns why the queue answers no more, nil while it does.
func (q *ownedQueue) gone() error {
	if q.ctx.Err() == nil {
		return nil
	}
	if cause := context.Cause(q.ctx); errors.Is(cause, queue.ErrQueueNotFound) {
		return queue.ErrQueueNotFound
	}
	return queue.ErrUnavailable
}

// answer turns the error of a ticket into the store's words.
func (q *ownedQueue) answer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, log.ErrFull):
		return queue.ErrStorageFull
	case q.gone() != nil:
		return q.gone()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		return unavailable(err)
	}
}

// openLog makes the stream of the queue's log, at the first send.
func (q *ownedQueue) openLog(ctx context.Context) error {
	if q.hasLog() {
		return nil
	}
	q.creating.Lock()
	defer q.creating.Unlock()
	if q.hasLog() {
		return nil
	}
	stream, err := log.Create(ctx, q.o.store.js, logStream(q.id), logSubject(q.id), 1)
	if err != nil {
		return q.answer(err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.gone(); err != nil {
		return err
	}
	q.writer = q.newWriter(stream)
	return nil
}

func (q *ownedQueue) hasLog() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.writer != nil
}

func (q *ownedQueue) newWriter(stream *log.Stream) *log.Writer {
	return log.NewWriter(q.writing, stream, log.Options{
		Commit:  q.o.store.commit,
		Serial:  true,
		Prepare: q.prepare,
		Done:    q.appended,
		Trouble: q.o.store.repairAfter,
	})
}

// tick makes visible what is due and removes what is too old. Lock held.
func (q *ownedQueue) tick(now int64) {
	q.index.Tick(now)
	q.expire(now)
}

// expire removes messages older than the retention period. Lock held.
func (q *ownedQueue) expire(now int64) {
	const step = 1000
	before := now - q.def.Load().Attributes.Retention.Milliseconds()
	for {
		var seqs []uint64
		q.index.Expire(before, step, func(seq uint64, ref index.Ref) {
			seqs = append(seqs, seq)
			q.release(ref)
		})
		if len(seqs) == 0 {
			return
		}
		// Without a record a longer retention period would bring them back at a restart.
		q.o.journal.Deleted(q.id, seqs, log.AskNothing)
	}
}

// release says that a message is gone from its block. Lock held.
func (q *ownedQueue) release(ref index.Ref) {
	q.blocks.release(ref.Block)
	if q.blocks.headDead() || q.sparse() {
		q.o.tidyLater(q)
	}
}

// arm sets the timer to the next moment at which something becomes visible or too old.
// Lock held.
func (q *ownedQueue) arm() {
	at := int64(0)
	if due, ok := q.index.NextDue(); ok {
		at = due
	}
	if sent, ok := q.index.NextExpiry(); ok {
		// Expired means older than the retention period, so one millisecond later.
		if old := sent + q.def.Load().Attributes.Retention.Milliseconds() + 1; at == 0 || old < at {
			at = old
		}
	}
	if q.dedup != nil && q.dedup.Len() > 0 && at == 0 {
		at = time.Now().UnixMilli() + index.DedupWindow + 1 // to forget the ids of a silent queue
	}
	// A timer that goes off too early does no harm, and setting it again for each message
	// that is deleted before its time would.
	if at == 0 || q.timerAt != 0 && q.timerAt <= at || q.ctx.Err() != nil {
		return
	}
	q.timerAt = at
	wait := max(0, time.Until(time.UnixMilli(at)))
	if q.timer == nil {
		q.timer = time.AfterFunc(wait, q.onTimer)
	} else {
		q.timer.Reset(wait)
	}
}

func (q *ownedQueue) onTimer() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx.Err() != nil {
		return
	}
	q.timerAt = 0
	now := time.Now().UnixMilli()
	q.tick(now)
	if q.dedup != nil {
		q.dedup.Expire(now, q.dedup.Len())
	}
	q.wake()
	q.arm()
}

// wake lets the longest waiting receive look again, if it would find something. It in turn
// wakes the next one. Lock held.
func (q *ownedQueue) wake() {
	if q.index.Ready() {
		q.waiters.wakeOne()
	}
}
