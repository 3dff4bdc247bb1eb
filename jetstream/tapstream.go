package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/index"
	"github.com/queuelet/queuelet/jetstream/log"
)

const (
	// A send to a queue with a tap stream is answered after the stream has the message. It
	// waits no longer than that: then the stream is behind, and catches up later.
	tapTimeout = 5 * time.Second
	// tapRetry is how long a stream that failed is left alone.
	tapRetry = 10 * time.Second

	// What clients may have on one tap stream.
	tapMaxConsumers  = 64
	tapMaxAckPending = 10_000

	// Metadata of a tap stream: the queue it belongs to, and the first sequence it is
	// meant to have.
	tapQueueKey = "queuelet.queue"
	tapFromKey  = "queuelet.from"
)

// tapStream keeps the messages of a queue for replay by native clients, in a stream of the
// account's taps. The owner writes each message there between storing it and answering its
// sender. What a crash leaves out is written from the queue's log at the takeover.
type tapStream struct {
	mu     sync.Mutex // held while the stream is written or changed
	js     jetstream.JetStream
	behind bool      // something that was stored is not in it
	retry  time.Time // it failed; not before that
}

// keep writes messages that were just stored to the tap stream.
func (q *ownedQueue) keep(data []byte, items []index.Item) {
	t := &q.tapStream
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.retry) {
		t.behind = true
		return
	}
	ctx, cancel := context.WithTimeout(q.writing, tapTimeout)
	defer cancel()
	var err error
	switch {
	case t.js == nil || t.behind:
		t.behind = true
		err = q.catchUp(ctx)
	default:
		var records []record
		if records, err = recordsAt(data, items); err == nil {
			err = t.write(ctx, ClientTapSubject(q.def.Load().Name), records)
		}
	}
	q.kept(err)
}

// kept notes how a write of the tap stream ended. Its lock held.
func (q *ownedQueue) kept(err error) {
	t := &q.tapStream
	t.behind = err != nil
	if err == nil || q.gone() != nil {
		return
	}
	t.retry = time.Now().Add(tapRetry)
	q.o.store.opts.Logger.Error("tap stream is behind its queue and will catch up as far as the log reaches",
		"queue", q.def.Load().Name, "error", err)
}

func recordsAt(data []byte, items []index.Item) ([]record, error) {
	records := make([]record, len(items))
	var d decoder
	for i := range items {
		if err := d.at(data, items[i].Ref.Offset, items[i].Seq, &records[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// write appends messages to the stream and waits until it has them. Lock held.
func (t *tapStream) write(ctx context.Context, subject string, records []record) error {
	acks := make([]jetstream.PubAckFuture, 0, len(records))
	var failed error
	for i := range records {
		ack, err := t.js.PublishMsgAsync(tapMessage(subject, &records[i]), jetstream.WithStallWait(tapTimeout))
		if err != nil {
			failed = err
			break
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			failed = errors.Join(failed, err)
		case <-ctx.Done():
			return fmt.Errorf("write tap stream: %w", ctx.Err())
		}
	}
	if failed != nil {
		return fmt.Errorf("write tap stream: %w", failed)
	}
	return nil
}

// catchUp writes to the tap stream what the queue's log has beyond it. Its lock held.
func (q *ownedQueue) catchUp(ctx context.Context) error {
	has, err := q.openTap(ctx)
	if err != nil {
		return err
	}
	subject := ClientTapSubject(q.def.Load().Name)
	for _, at := range q.blocksBeyond(has) {
		data, err := q.fetch(ctx, at)
		if errors.Is(err, log.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read log for tap stream: %w", err)
		}
		var missing []record
		d := decoder{b: data[blockHeaderSize:]}
		for len(d.b) > 0 {
			var r record
			if err := d.next(&r); err != nil {
				return fmt.Errorf("read log for tap stream: %w", err)
			}
			if r.Seq > has {
				has = r.Seq
				missing = append(missing, r)
			}
		}
		if err := q.tapStream.write(ctx, subject, missing); err != nil {
			return err
		}
	}
	return nil
}

// blocksBeyond lists the blocks with messages after that sequence.
func (q *ownedQueue) blocksBeyond(seq uint64) []uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	var found []uint64
	for i := range q.blocks.list {
		if b := &q.blocks.list[i]; b.total > 0 && b.seq(int(b.total)-1) > seq {
			found = append(found, q.blocks.base+uint64(i))
		}
	}
	return found
}

// openTap makes the tap stream as the definition wants it, if it is not so yet, and returns
// the sequence up to which it has the queue's messages. Its lock held.
func (q *ownedQueue) openTap(ctx context.Context) (has uint64, err error) {
	def := q.def.Load()
	js, err := q.o.store.taps.of(def.Account)
	if err != nil {
		return 0, err
	}
	q.mu.Lock()
	next := q.next
	q.mu.Unlock()
	want := q.o.store.taps.config(def, next)
	stream, err := js.Stream(ctx, want.Name)
	if err == nil && stream.CachedInfo().Config.Metadata[tapQueueKey] != tapOwner(def) {
		// It belongs to a queue of that name that was deleted.
		if err := js.DeleteStream(ctx, want.Name); err != nil {
			return 0, fmt.Errorf("delete tap stream %s: %w", want.Name, err)
		}
		err = jetstream.ErrStreamNotFound
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		if stream, err = js.CreateStream(ctx, want); err != nil {
			return 0, fmt.Errorf("create tap stream %s: %w", want.Name, err)
		}
	case err != nil:
		return 0, fmt.Errorf("look up tap stream %s: %w", want.Name, err)
	default:
		have := stream.CachedInfo().Config
		want.Metadata = have.Metadata
		if have.MaxAge != want.MaxAge || have.MaxBytes != want.MaxBytes {
			if stream, err = js.UpdateStream(ctx, want); err != nil {
				return 0, fmt.Errorf("update tap stream %s: %w", want.Name, err)
			}
		}
	}
	q.tapStream.js = js
	return tapped(ctx, stream, next)
}

// tapped returns the sequence up to which a tap stream has the queue's messages.
func tapped(ctx context.Context, stream jetstream.Stream, next uint64) (uint64, error) {
	info := stream.CachedInfo()
	if info.State.LastSeq == 0 {
		from, err := strconv.ParseUint(info.Config.Metadata[tapFromKey], 10, 64)
		if err != nil || from == 0 {
			return 0, fmt.Errorf("tap stream %s has no beginning: %w", info.Config.Name, errCorrupt)
		}
		return from - 1, nil
	}
	last, err := stream.GetLastMsgForSubject(ctx, info.Config.Subjects[0])
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return next - 1, nil // all was too old, and so is what is in the log
	}
	if err != nil {
		return 0, fmt.Errorf("read the end of tap stream %s: %w", info.Config.Name, err)
	}
	seq, err := strconv.ParseUint(last.Header.Get(TapSequence), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the end of tap stream %s: %w", info.Config.Name, errCorrupt)
	}
	return seq, nil
}

// redefineTap makes or removes the tap stream after the definition changed.
func (q *ownedQueue) redefineTap(ctx context.Context) {
	if q.o.store.taps == nil {
		return
	}
	t := &q.tapStream
	t.mu.Lock()
	defer t.mu.Unlock()
	def := q.def.Load()
	if def.Tap == queue.TapStream {
		q.kept(q.catchUp(ctx))
		return
	}
	if t.js == nil {
		return
	}
	if err := t.remove(ctx, def); err != nil {
		q.o.store.opts.Logger.WarnContext(ctx, "tap stream remains until the next start", "queue", def.Name, "error", err)
	}
	t.js, t.behind = nil, false
}

// remove deletes the stream, unless a later queue of that name has taken it over. Lock held.
func (t *tapStream) remove(ctx context.Context, def *queue.Definition) error {
	name := TapStream(def.Name)
	stream, err := t.js.Stream(ctx, name)
	if err == nil && stream.CachedInfo().Config.Metadata[tapQueueKey] == tapOwner(def) {
		err = t.js.DeleteStream(ctx, name)
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete tap stream %s: %w", name, err)
	}
	return nil
}

// tapOwner marks a tap stream as one of this queue, and not of an earlier one of its name.
func tapOwner(def *queue.Definition) string { return fmt.Sprintf("%016x", def.ID) }

// dropTap removes the tap stream of a queue that was deleted.
func (q *ownedQueue) dropTap(ctx context.Context) {
	def := *q.def.Load()
	def.Tap = queue.TapLive
	q.def.Store(&def)
	q.redefineTap(ctx)
}
