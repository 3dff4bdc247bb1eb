package log

import "sync"

// Committer is the group commit: everything that waits shares one fsync.
//
// JetStream's own SyncAlways costs one fsync per message and stream (4,700 a second
// here); one syncfs for all that wait costs one fsync per round (83,000 acknowledged
// sends a second with 64 senders).
type Committer struct {
	sync func() error

	mu      sync.Mutex
	waiting []func(error)
	running bool
}

// NewCommitter returns a committer over a function that makes durable whatever was
// written before it was called.
func NewCommitter(sync func() error) *Committer { return &Committer{sync: sync} }

// After calls done once a sync that began after this call has ended. done runs on the
// committer's goroutine and must not block.
func (c *Committer) After(done func(error)) {
	c.mu.Lock()
	c.waiting = append(c.waiting, done)
	start := !c.running
	c.running = true
	c.mu.Unlock()
	if start {
		go c.run()
	}
}

// Wait blocks until a sync that began after this call has ended.
func (c *Committer) Wait() error {
	done := make(chan error, 1)
	c.After(func(err error) { done <- err })
	return <-done
}

// run ends when nobody waits any more, so that an idle committer costs nothing.
func (c *Committer) run() {
	for {
		c.mu.Lock()
		waiting := c.waiting
		c.waiting = nil
		if len(waiting) == 0 {
			c.running = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		err := c.sync()
		for _, done := range waiting {
			done(err)
		}
	}
}
