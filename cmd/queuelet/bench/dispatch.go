package bench

import (
	"context"
	"fmt"
	"time"
)

// drainPoll is how often a queue is asked whether it is empty. It bounds what the
// measured time is too long by.
const drainPoll = 2 * time.Millisecond

// dispatch measures how fast a function works off messages: from the first send until
// the queue is empty, deletes included. Sends go on beside the function's work.
func (m *measurement) dispatch(ctx context.Context) error {
	asker := m.fillers[0]
	queueURL, err := asker.findQueue(ctx, queueOf(m.Function))
	if err != nil {
		return err
	}
	m.use(queueURL)
	if err := m.fill(ctx, m.Batch); err != nil { // instances of the function are made
		return err
	}
	if err := m.drained(ctx); err != nil {
		return err
	}
	before := m.target.process.cpu()
	begin := time.Now()
	if err := m.fill(ctx, m.Messages); err != nil {
		return err
	}
	if err := m.drained(ctx); err != nil {
		return err
	}
	m.sample.took = time.Since(begin)
	m.sample.messages = m.Messages
	m.sample.cpu = m.target.process.cpu() - before
	return nil
}

// drained waits until the queue is empty.
func (m *measurement) drained(ctx context.Context) error {
	least, since := -1, time.Now()
	for {
		left, err := m.fillers[0].depth(ctx)
		switch {
		case err != nil:
			return err
		case left == 0:
			return nil
		case least < 0 || left < least:
			least, since = left, time.Now()
		case time.Since(since) > starved:
			return &Error{CodeWrong, fmt.Errorf("the function has left %d messages alone for %s", left, starved)}
		}
		if err := pause(ctx, drainPoll); err != nil {
			return err
		}
	}
}
