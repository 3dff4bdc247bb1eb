package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// settle is how long a receive gets to reach the server before the message is sent that
// it waits for.
const settle = 5 * time.Millisecond

// wakeup measures how long after a send a waiting receive is answered. The send is on
// another connection, and its own time counts: the clock runs from its first byte until
// the receive's answer is there.
func (m *measurement) wakeup(ctx context.Context) error {
	waiter, sender := m.clients[0], m.fillers[0]
	poll := repeated{action: "ReceiveMessage", body: fmt.Appendf(nil,
		`{"QueueUrl":"%s","MaxNumberOfMessages":%d,"WaitTimeSeconds":20}`, waiter.queueURL, maxBatch)}
	if err := sender.send(ctx, 1); err != nil { // makes the queue's storage
		return err
	}
	if err := m.drain(ctx, 1); err != nil {
		return err
	}
	before := m.target.process.cpu()
	for begin := time.Now(); !m.enough(); m.sample.took = time.Since(begin) {
		took, err := m.wakeOnce(ctx, waiter, sender, &poll)
		if err != nil {
			return err
		}
		record(waiter.latency, took)
		m.sample.messages++
		m.progress.Add(1)
	}
	m.sample.cpu = m.target.process.cpu() - before
	return m.account(ctx, 0)
}

func (m *measurement) wakeOnce(ctx context.Context, waiter, sender *client, poll *repeated) (time.Duration, error) {
	var group errgroup.Group
	var answered time.Time
	group.Go(func() error {
		out, err := waiter.repeat(ctx, poll)
		answered = time.Now()
		if err != nil {
			return err
		}
		n, err := waiter.received(out, maxBatch, nil)
		if err == nil && n != 1 {
			err = &Error{CodeWrong, fmt.Errorf("a receive that waited for one message was given %d", n)}
		}
		return err
	})
	var sent time.Time
	err := pause(ctx, settle)
	if err == nil {
		sent = time.Now()
		err = sender.send(ctx, 1)
	}
	if err != nil {
		waiter.close()
		_ = group.Wait() // it was cut off
		return 0, err
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return answered.Sub(sent), waiter.deleteReceived(ctx)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
