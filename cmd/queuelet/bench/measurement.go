package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// fillers is how many clients fill a queue before it is measured.
	fillers = 16
	// A scenario against a backlog goes to and fro over a round of messages, so that the
	// backlog stays what it is. Without one a round may be longer.
	backlogRound = 2_000
	emptyRound   = 20_000
	// starved is how long receives may stay empty while messages must be there.
	starved = 30 * time.Second
)

// target is a server that is measured.
type target struct {
	route   *route
	process *process // nil for a server that somebody else has started
	// keeps says that the server keeps every message and counts exactly.
	keeps bool
}

// sample is what one measurement gave.
type sample struct {
	done

	latency *hdrhistogram.Histogram
	cpu     time.Duration // of the server meanwhile, 0 when it is not known
	memory  int64         // resident bytes of the server afterwards, 0 when it is not known
	idle    int64         // of a Memory scenario: before
}

// measurement is one run of a scenario against a target, on a queue of its own.
type measurement struct {
	Scenario

	target   target
	progress *atomic.Int64 // messages handled
	clients  []*client
	fillers  []*client
	ledger   *ledger // nil unless messages are verified
	issued   atomic.Int64
	sample   sample
}

// measure runs a scenario once.
func measure(ctx context.Context, s Scenario, t target, progress *atomic.Int64) (sample, error) {
	m := &measurement{Scenario: s, target: t, progress: progress}
	if s.Verify {
		m.ledger = &ledger{}
	}
	m.clients = m.newClients(s.Clients)
	m.fillers = m.newClients(fillers)
	defer func() {
		for _, c := range append(m.clients, m.fillers...) {
			c.close()
		}
	}()
	if err := m.run(ctx); err != nil {
		return sample{}, err
	}
	m.sample.latency = newHistogram()
	for _, c := range m.clients {
		m.sample.latency.Merge(c.latency)
	}
	m.sample.memory = t.process.memory()
	return m.sample, nil
}

func (m *measurement) newClients(n int) []*client {
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = newClient(m.target.route)
	}
	return clients
}

func (m *measurement) run(ctx context.Context) error {
	switch m.Kind {
	case Send:
		return m.onQueue(ctx, m.send)
	case Receive:
		return m.onQueue(ctx, m.receive)
	case Wakeup:
		return m.onQueue(ctx, m.wakeup)
	case Memory:
		return m.onQueue(ctx, m.holdInMemory)
	case Fair:
		return m.onQueue(ctx, m.fair)
	case Dispatch:
		return m.dispatch(ctx)
	case Invoke: // see runner.invoke
		return &Error{CodeUsage, errors.New("it is measured without a server")}
	default:
		return &Error{CodeUsage, fmt.Errorf("%q is no kind of scenario", m.Kind)}
	}
}

// onQueue runs work on a new queue, which it deletes afterwards.
func (m *measurement) onQueue(ctx context.Context, work func(context.Context) error) error {
	owner := m.fillers[0]
	queueURL, err := owner.createQueue(ctx, "queuelet-bench-"+rand.Text(), m.fifo())
	if err != nil {
		return err
	}
	m.use(queueURL)
	err = work(ctx)
	// Also when the run is interrupted: the queue may be on somebody else's server.
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	cleaner := newClient(m.target.route)
	defer cleaner.close()
	return errors.Join(err, cleaner.deleteQueue(cleaning, queueURL))
}

func (m *measurement) use(queueURL string) {
	wait := time.Duration(0)
	if m.Groups > 0 || m.Kind == Fair {
		wait = time.Second // while others have the groups, asking again and again would only cost
	}
	for _, c := range slices.Concat(m.clients, m.fillers) {
		c.group, c.fifo = m.groupOf(), m.fifo()
		c.useQueue(queueURL, m.Size, wait)
	}
}

// groupOf is nil when messages have no group.
func (m *measurement) groupOf() func(number int) string {
	switch {
	case m.Groups == 0:
		return nil
	case m.Kind == Fair:
		return m.tenant
	default:
		return func(number int) string { return strconv.Itoa(number % m.Groups) }
	}
}

// issue gives out the numbers of so many messages and returns the first.
func (m *measurement) issue(messages int) int {
	if m.ledger != nil {
		return m.ledger.issue(messages)
	}
	return int(m.issued.Add(int64(messages))) - messages
}

// sending sends messages.
func (m *measurement) sending(ctx context.Context, c *client, messages int) (int, error) {
	if m.numbered() {
		return messages, c.sendNumbered(ctx, messages, m.Size, m.issue(messages))
	}
	return messages, c.send(ctx, messages)
}

// receiving receives messages and deletes them.
func (m *measurement) receiving(ctx context.Context, c *client, messages int) (int, error) {
	var seen func(int)
	if m.ledger != nil {
		seen = m.ledger.seen
	}
	got, err := c.receive(ctx, messages, seen)
	if err != nil || got == 0 {
		return 0, err
	}
	return got, c.deleteReceived(ctx)
}

// fill puts messages into the queue, as fast as possible.
func (m *measurement) fill(ctx context.Context, messages int) error {
	if messages == 0 {
		return nil
	}
	batch := min(maxBatch, max(1, (1<<20)/m.Size))
	_, err := stint{job: m.sending, batch: batch, messages: messages}.run(ctx, m.fillers, m.progress)
	return err
}

// drain takes messages out of the queue.
func (m *measurement) drain(ctx context.Context, messages int) error {
	if messages == 0 {
		return nil
	}
	_, err := stint{job: m.patient(), batch: maxBatch, messages: messages}.run(ctx, m.fillers, m.progress)
	return err
}

// patient is receiving that gives up when the queue has no more although it should.
func (m *measurement) patient() job {
	var last atomic.Int64 // when something came
	last.Store(time.Now().UnixNano())
	return func(ctx context.Context, c *client, messages int) (int, error) {
		got, err := m.receiving(ctx, c, messages)
		now := time.Now().UnixNano()
		switch {
		case got > 0:
			last.Store(now)
		case err == nil && time.Duration(now-last.Load()) > starved:
			return 0, &Error{CodeWrong, fmt.Errorf("receives have been empty for %s although not all messages have come", starved)}
		}
		return got, err
	}
}

// measured runs a stint whose time counts.
func (m *measurement) measured(ctx context.Context, s stint) error {
	s.timed = true
	before := m.target.process.cpu()
	d, err := s.run(ctx, m.clients, m.progress)
	if err != nil {
		return err
	}
	m.sample.cpu += m.target.process.cpu() - before
	m.sample.messages += d.messages
	m.sample.took += d.took
	return nil
}

// enough says whether the measured time or number of messages is reached.
func (m *measurement) enough() bool {
	return m.Duration > 0 && m.sample.took >= m.Duration || m.Messages > 0 && m.sample.messages >= m.Messages
}

// round is how many of up to so many messages the next stint handles.
func (m *measurement) round(most int) int {
	if m.Messages == 0 {
		return most
	}
	return min(most, m.Messages-m.sample.messages)
}

// send measures sends.
func (m *measurement) send(ctx context.Context) error {
	if err := m.fill(ctx, m.Backlog); err != nil {
		return err
	}
	// Connections are opened and the queue's storage is made before the time counts.
	warm, err := stint{job: m.sending, batch: m.Batch, messages: m.Clients * m.Batch}.run(ctx, m.clients, m.progress)
	if err != nil {
		return err
	}
	inQueue := m.Backlog + warm.messages
	if m.Backlog == 0 {
		if err := m.measured(ctx, stint{job: m.sending, batch: m.Batch, messages: m.Messages, duration: m.Duration}); err != nil {
			return err
		}
		inQueue += m.sample.messages
	} else {
		for !m.enough() {
			n := m.round(backlogRound)
			if err := m.measured(ctx, stint{job: m.sending, batch: m.Batch, messages: n}); err != nil {
				return err
			}
			if err := m.drain(ctx, n); err != nil {
				return err
			}
		}
	}
	return m.account(ctx, inQueue)
}

// receive measures receives with deletes.
func (m *measurement) receive(ctx context.Context) error {
	if err := m.fill(ctx, m.Backlog); err != nil {
		return err
	}
	most := emptyRound
	if m.Backlog > 0 {
		most = backlogRound
	}
	for warm := true; warm || !m.enough(); warm = false {
		n := m.round(most)
		if warm {
			n = m.Clients * m.Batch
		}
		if err := m.fill(ctx, n); err != nil {
			return err
		}
		s := stint{job: m.patient(), batch: m.Batch, messages: n}
		if warm {
			if _, err := s.run(ctx, m.clients, m.progress); err != nil {
				return err
			}
			continue
		}
		if err := m.measured(ctx, s); err != nil {
			return err
		}
	}
	return m.account(ctx, m.Backlog)
}

// account checks that the queue has the messages that it should have.
func (m *measurement) account(ctx context.Context, want int) error {
	if m.target.keeps {
		got, err := m.fillers[0].depth(ctx)
		if err != nil {
			return err
		}
		if got != want {
			return &Error{CodeWrong, fmt.Errorf("the queue has %d messages and should have %d", got, want)}
		}
	}
	if m.ledger == nil {
		return nil
	}
	if err := m.drain(ctx, want); err != nil {
		return err
	}
	switch left, err := m.receiving(ctx, m.fillers[0], maxBatch); {
	case err != nil:
		return err
	case left > 0:
		return &Error{CodeWrong, errors.New("the queue has messages left after as many were received as sent")}
	}
	return m.ledger.check()
}
