package log

import "sync"

// Committer is the group commit: everything that waits shares one sync.
//
// JetStream's own SyncAlways costs one fsync per message and stream (4,700 a second
// here); one sync for all that wait costs one per round (83,000 acknowledged sends a
// second with 64 senders).
type Committer struct {
	sync func(stream string) error

	mu        sync.Mutex
	waiting   []waiter
	running   bool
	rewrites  int  // under way
	rewritten bool // since the last sync of everything began
}

// waiter waits for the appends of a stream, or for everything when it names none.
type waiter struct {
	stream string
	done   func(error)
}

// NewCommitter returns a committer over a function that makes durable whatever was stored
// in a stream before it was called, or whatever was written at all when it names none.
func NewCommitter(sync func(stream string) error) *Committer { return &Committer{sync: sync} }

// After calls done once a sync of the stream that began after this call has ended. done
// must not block.
func (c *Committer) After(stream string, done func(error)) {
	c.mu.Lock()
	c.waiting = append(c.waiting, waiter{stream, done})
	start := !c.running
	c.running = true
	c.mu.Unlock()
	if start {
		go c.run()
	}
}

// WaitFor blocks until a sync of the stream that began after this call has ended. Where none is under way the caller makes
// it itself: handing that to another goroutine and back takes as long as a tenth of the sync.
func (c *Committer) WaitFor(stream string) error {
	c.mu.Lock()
	if c.running {
		c.mu.Unlock()
		done := make(chan error, 1)
		c.After(stream, func(err error) { done <- err })
		return <-done
	}
	var result error
	c.running = true
	c.waiting = append(c.waiting, waiter{stream, func(err error) { result = err }})
	c.mu.Unlock()
	if c.round() {
		go c.run()
	}
	return result
}

// Wait blocks until a sync of everything that began after this call has ended.
func (c *Committer) Wait() error { return c.WaitFor("") }

// Rewriting says that files are being changed which no append changes, until done is
// called. Meanwhile, and once more afterwards, a round syncs everything: otherwise what is
// synced of one file could bring names to the disk whose files have no content there yet.
func (c *Committer) Rewriting() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rewrites++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.rewrites--
		c.rewritten = true
	}
}

// run ends when nobody waits any more, so that an idle committer costs nothing.
func (c *Committer) run() {
	for more := true; more; {
		more = c.round()
	}
}

// round syncs for those who wait, and says whether others have come meanwhile. Otherwise nothing runs any more.
func (c *Committer) round() bool {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = nil
	stream := streamOf(waiting)
	if c.rewrites > 0 || c.rewritten {
		stream, c.rewritten = "", false
	}
	c.mu.Unlock()
	err := c.sync(stream)
	for i := range waiting {
		waiting[i].done(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = len(c.waiting) > 0
	return c.running
}

// streamOf returns the stream that all wait for, or none when they wait for several or for everything.
func streamOf(waiting []waiter) string {
	for i := range waiting {
		if waiting[i].stream != waiting[0].stream {
			return ""
		}
	}
	return waiting[0].stream
}
