package log

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/queuelet/queuelet/jetstream/index"
)

// MaxAppend is how many bytes a writer gathers into one append. A single record may
// be larger; it then has an append of its own. It bounds what must be read back to
// get at one message that is no longer in memory.
const MaxAppend = 256 << 10

// maxSilences is how many attempts of an append may stay without an answer before those who
// wait for it are told. One may be a stall, or a new leader of the stream.
const maxSilences = 2

// Batch is what goes into one append: the records of all who asked while the append
// before it was on its way.
type Batch struct {
	Data  []byte
	Items []index.Item // the messages in Data, for logs of messages

	stored  []chan error // told when the append is stored
	durable []chan error // told when it is also on disk
}

// Options configure a Writer.
type Options struct {
	// Commit makes appends durable before those who asked for it are told. Nil means
	// that a stored append is taken for durable.
	Commit *Committer
	// Prepare completes a batch just before it is appended to the given sequence.
	Prepare func(b *Batch, seq uint64)
	// Done is called in the order of appends, before anybody is told: when an append
	// is durable, or err when it will never be.
	Done func(b *Batch, seq uint64, err error)
	// Serial delays the next append until the one before is durable, so that all that
	// comes during a sync shares the next one, and a little longer when a crowd is on its
	// way. Without it an append only waits for the append before.
	Serial bool
	// Insist tries an append again that the store was too full for, instead of
	// failing it: for records that must not be lost once they were decided.
	Insist bool
	// Trouble is called when the store is silent about an append for long. The append is
	// tried again, but those who wait get ErrNoAnswer.
	Trouble func(error)
}

// Writer coalesces records into appends; one append is in flight at a time. It has a
// goroutine only while it has work.
type Writer struct {
	ctx    context.Context //nolint:containedctx // ends the writer
	stream *Stream
	opts   Options

	mu      sync.Mutex
	open    []*Batch // batches that gather, the last one open for more
	free    *Batch   // a batch to use again
	running bool
	failed  error
	idle    sync.Cond
	tickets sync.Pool // of channels of tickets
	wanted  int       // how many gather waits for, 0 when it does not

	// Of the goroutine that runs.
	appending *Batch
	silences  int // attempts of this append without an answer
	crowd     crowd
	enough    chan struct{} // told by Add when as many have come as gather waits for
}

// NewWriter returns a writer of the stream. When ctx ends, appends that have no answer
// yet fail with its error.
func NewWriter(ctx context.Context, stream *Stream, opts Options) *Writer {
	w := &Writer{ctx: ctx, stream: stream, opts: opts}
	w.idle.L = &w.mu
	stream.trouble, stream.commit = w.trouble, opts.Commit
	return w
}

// Stream is the stream written to. Only its reading methods may be used from outside.
func (w *Writer) Stream() *Stream { return w.stream }

// Ask says what a caller waits for.
type Ask uint8

// What a caller of Add can wait for.
const (
	AskNothing Ask = iota
	AskStored      // the append is stored
	AskDurable     // and survives a power cut, when the writer has a committer
)

// Add lets put write records into the batch that is open; size says about how many
// bytes that will be. put runs with the writer's lock held and must only append. The
// ticket tells when the batch is stored or durable; it is zero for AskNothing.
//
// Calls of Add that are ordered keep that order in the log.
func (w *Writer) Add(size int, ask Ask, put func(*Batch)) Ticket {
	var t Ticket
	w.mu.Lock()
	if w.failed != nil {
		err := w.failed
		w.mu.Unlock()
		return failedTicket(err)
	}
	b := w.gathering(size)
	put(b)
	switch ask {
	case AskNothing:
	case AskStored:
		t = newTicket(&w.tickets)
		b.stored = append(b.stored, t.done)
	case AskDurable:
		t = newTicket(&w.tickets)
		b.durable = append(b.durable, t.done)
	}
	if w.wanted > 0 && (len(w.open[0].durable) >= w.wanted || len(w.open) > 1) {
		w.wanted = 0
		w.enough <- struct{}{}
	}
	start := !w.running
	w.running = true
	w.mu.Unlock()
	if start {
		go w.run()
	}
	return t
}

// gathering returns the batch that takes size more bytes. Lock held.
func (w *Writer) gathering(size int) *Batch {
	if n := len(w.open); n > 0 {
		if b := w.open[n-1]; len(b.Data)+size <= MaxAppend || len(b.Data) == 0 {
			return b
		}
	}
	b := w.free
	w.free = nil
	if b == nil {
		b = &Batch{}
	}
	w.open = append(w.open, b)
	return b
}

func (w *Writer) run() {
	for {
		w.mu.Lock()
		if len(w.open) == 0 {
			w.running = false
			w.idle.Broadcast()
			w.mu.Unlock()
			return
		}
		w.gather()
		b := w.open[0]
		w.open = append(w.open[:0], w.open[1:]...)
		w.mu.Unlock()
		w.append(b)
	}
}

// gather lets those join the first batch who are about to. Lock held, and given up
// meanwhile.
func (w *Writer) gather() {
	if !w.opts.Serial {
		return
	}
	waiting := len(w.open[0].durable)
	wanted, patience := w.crowd.wanted(waiting), w.crowd.patience(time.Now())
	if wanted > waiting && patience > 0 && len(w.open) == 1 {
		w.await(wanted, patience)
	}
	// Who can run now may be on the way here, too.
	w.mu.Unlock()
	runtime.Gosched()
	w.mu.Lock()
}

// await returns when as many wait for the first batch, or it is full, or patience ends.
// Lock held, and given up meanwhile.
func (w *Writer) await(wanted int, patience time.Duration) {
	if w.enough == nil {
		w.enough = make(chan struct{}, 1)
	}
	w.wanted = wanted
	w.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.enough:
		w.mu.Lock()
	case <-timer.C:
		w.mu.Lock()
		if w.wanted == 0 { // told at the same time
			<-w.enough
		}
		w.wanted = 0
	}
}

func (w *Writer) append(b *Batch) {
	begun := time.Now()
	if w.opts.Prepare != nil {
		w.opts.Prepare(b, w.stream.Last()+1)
	}
	w.appending, w.silences = b, 0
	seq, err := w.stream.Append(w.ctx, b.Data)
	for w.opts.Insist && errors.Is(err, ErrFull) && pause(w.ctx, retryPause) == nil {
		seq, err = w.stream.Append(w.ctx, b.Data)
	}
	tell(b.stored, err)
	switch {
	case err != nil:
		w.finish(b, seq, err)
	case w.opts.Commit == nil || !w.opts.Serial && len(b.durable) == 0:
		w.finish(b, seq, nil)
	case w.opts.Serial:
		err := w.opts.Commit.WaitFor(w.stream.name)
		now := time.Now()
		w.crowd = crowd{answered: len(b.durable), took: now.Sub(begun), at: now}
		w.finish(b, seq, err)
	default:
		w.opts.Commit.After(w.stream.name, func(err error) { w.finish(b, seq, err) })
	}
}

// trouble gives up those who wait when the store stays silent. It is called within append.
func (w *Writer) trouble(err error) {
	if !errors.Is(err, ErrNoAnswer) {
		return
	}
	if w.silences++; w.silences < maxSilences {
		return
	}
	w.mu.Lock()
	for _, b := range append([]*Batch{w.appending}, w.open...) {
		tell(b.stored, err)
		tell(b.durable, err)
		b.stored, b.durable = b.stored[:0], b.durable[:0]
	}
	w.mu.Unlock()
	if w.opts.Trouble != nil {
		w.opts.Trouble(err)
	}
}

func (w *Writer) finish(b *Batch, seq uint64, err error) {
	if w.opts.Done != nil {
		w.opts.Done(b, seq, err)
	}
	tell(b.durable, err)
	w.recycle(b)
}

// recycle keeps the batch's slices for the next one, unless somebody kept them.
func (w *Writer) recycle(b *Batch) {
	clear(b.Items)
	clear(b.stored)
	clear(b.durable)
	b.Items, b.stored, b.durable = b.Items[:0], b.stored[:0], b.durable[:0]
	if b.Data != nil {
		b.Data = b.Data[:0]
	}
	w.mu.Lock()
	w.free = b
	w.mu.Unlock()
}

// Fail makes every later Add fail with err.
func (w *Writer) Fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
}

// Flush waits until nothing is left to append. More may be added meanwhile.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.running {
		w.idle.Wait()
	}
}
