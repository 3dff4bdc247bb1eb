package bench

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// What happens in a Fair scenario: one tenant has sent fairNoise messages at once, and
// each of quietTenants sends one now and then, every quietEvery one of them. Consumers
// work for fairWork on each message, so that the noise takes them some seconds.
const (
	fairNoise     = 5_000
	fairConsumers = 16
	quietTenants  = 20
	quietEvery    = 10 * time.Millisecond
	fairWork      = 10 * time.Millisecond
)

// tenant is the group of a message. Those without a number are of the noisy tenant.
func (m *measurement) tenant(number int) string {
	if number == 0 {
		return "noisy"
	}
	return "quiet-" + strconv.Itoa(number%max(1, m.Groups-1))
}

// quietMessages are those whose dwell time counts: from the answer to their send until
// the answer that hands them out.
type quietMessages struct {
	mu   sync.Mutex
	sent []time.Time // by number; the first is that of the noise
	left atomic.Int64
}

func (q *quietMessages) send(now time.Time) (number int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = append(q.sent, now)
	q.left.Add(1)
	return len(q.sent) - 1
}

// received returns how long a message has waited.
func (q *quietMessages) received(number int, now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left.Add(-1)
	return now.Sub(q.sent[number])
}

// fair measures the dwell time of quiet tenants' messages under the noise of another.
func (m *measurement) fair(ctx context.Context) error {
	if err := m.fill(ctx, m.Backlog); err != nil {
		return err
	}
	quiet := &quietMessages{sent: make([]time.Time, 1)}
	var stop atomic.Bool
	group, working := errgroup.WithContext(ctx)
	begin := time.Now()
	before := m.target.process.cpu()
	for _, c := range m.clients {
		group.Go(func() error { return m.work(ctx, c, quiet, &stop) })
	}
	err := m.whisper(working, quiet)
	stop.Store(true)
	if failed := group.Wait(); failed != nil {
		return failed
	}
	m.sample.took, m.sample.cpu = time.Since(begin), m.target.process.cpu()-before
	m.sample.messages = len(quiet.sent) - 1
	return err
}

// whisper sends the messages of the quiet tenants and waits until all are received.
func (m *measurement) whisper(ctx context.Context, quiet *quietMessages) error {
	sender := m.fillers[0]
	for begin := time.Now(); time.Since(begin) < m.Duration; {
		number := quiet.send(time.Now())
		if err := sender.sendNumbered(ctx, 1, m.Size, number); err != nil {
			return err
		}
		if err := pause(ctx, quietEvery); err != nil {
			return err
		}
	}
	for begin := time.Now(); quiet.left.Load() > 0; {
		if time.Since(begin) > starved {
			return &Error{CodeWrong, fmt.Errorf("%d messages of quiet tenants have not come for %s", quiet.left.Load(), starved)}
		}
		if err := pause(ctx, quietEvery); err != nil {
			return err
		}
	}
	return nil
}

// work is what a consumer does until it is stopped.
func (m *measurement) work(ctx context.Context, c *client, quiet *quietMessages, stop *atomic.Bool) error {
	for !stop.Load() {
		got, err := c.receive(ctx, m.Batch, func(number int) {
			if number > 0 {
				record(c.latency, quiet.received(number, time.Now()))
			}
		})
		if err != nil {
			return err
		}
		if got == 0 {
			continue
		}
		if err := pause(ctx, time.Duration(got)*fairWork); err != nil {
			return err
		}
		if err := c.deleteReceived(ctx); err != nil {
			return err
		}
		m.progress.Add(int64(got))
	}
	return nil
}
