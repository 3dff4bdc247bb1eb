package bench

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what the clients of a scenario do.
type Kind string

// The kinds of scenarios.
const (
	// Send sends messages, in batches of Batch.
	Send Kind = "send"
	// Receive receives up to Batch messages, deletes them in one request, and so on. A
	// latency is that of both together.
	Receive Kind = "receive"
	// Wakeup measures the time from a send until a receive that waits has its message.
	Wakeup Kind = "wakeup"
	// Dispatch measures how fast a function works off a queue.
	Dispatch Kind = "dispatch"
	// Invoke measures what batches cost on their way through dispatch and a function, without a
	// queue, beside bare calls of the module by wazero (package calls). Its rates are those of
	// one processor: messages by processor time.
	Invoke Kind = "invoke"
	// Memory measures the memory of a server, idle and with messages in it.
	Memory Kind = "memory"
	// Fair measures how long messages of quiet tenants wait while one tenant has a backlog.
	Fair Kind = "fair"
)

// Scenario is one row of a report.
type Scenario struct {
	Kind    Kind
	Clients int
	Batch   int // messages in a request, 1 to 10
	Size    int // bytes of a message's body
	Backlog int // messages that stay in the queue meanwhile; in Fair those of the noisy tenant at first
	// Groups is the number of message groups of a FIFO queue, in Fair that of tenants; 0 for
	// a standard queue, and for messages without a group.
	Groups int
	// Unique gives each message a text of its own, as those of FIFO queues have. It costs
	// the clients a signature for each request.
	Unique bool
	// Messages and Duration say when it is enough; with both, whatever comes first.
	Messages int
	Duration time.Duration
	// Verify gives each message a number and checks that every one of them is received
	// exactly once. It costs the clients time.
	Verify bool
	// Function is the function of a Dispatch or Invoke.
	Function string
}

// Name tells a scenario from others in the manner of a Go benchmark.
func (s Scenario) Name() string {
	name := string(s.Kind)
	part := func(format string, value any) { name += fmt.Sprintf(format, value) }
	switch s.Kind {
	case Send, Receive:
		part("/batch=%d", s.Batch)
		part("/clients=%d", s.Clients)
		if s.Backlog > 0 {
			part("/backlog=%d", s.Backlog)
		}
		if s.Groups > 0 {
			part("/groups=%d", s.Groups)
		} else if s.Unique {
			name += "/unique"
		}
	case Dispatch, Invoke:
		part("/%s", s.Function)
	case Memory:
		part("/messages=%d", s.Messages)
	case Fair:
		part("/clients=%d", s.Clients)
		part("/noise=%d", s.Backlog)
		part("/groups=%d", s.Groups)
	case Wakeup:
	}
	if s.Size != defaultSize {
		part("/size=%d", s.Size)
	}
	return name
}

// defaultSize is the size of message that names do not mention.
const defaultSize = 256

func (s Scenario) check() error {
	problem := ""
	switch {
	case s.Clients < 1 || s.Clients > 10_000:
		problem = fmt.Sprintf("%d clients: give 1 to 10,000", s.Clients)
	case s.Batch < 1 || s.Batch > maxBatch:
		problem = fmt.Sprintf("a batch of %d: give 1 to %d", s.Batch, maxBatch)
	case s.Size < 1 || s.Size*s.Batch > 1<<20:
		problem = fmt.Sprintf("%d messages of %d bytes: a request takes 1 MiB", s.Batch, s.Size)
	case s.Verify && s.Size < numberWidth:
		problem = fmt.Sprintf("a size of %d: to be verified, messages need %d bytes", s.Size, numberWidth)
	case s.Messages < 0 || s.Backlog < 0 || s.Duration < 0 || s.Groups < 0:
		problem = "a negative number makes no sense"
	case s.Messages == 0 && s.Duration == 0:
		problem = "it needs a number of messages or a duration"
	case s.Verify && s.Backlog > 0:
		problem = "a backlog stays in the queue and cannot be verified"
	case s.Kind == Fair && (s.Size < numberWidth || s.Backlog == 0 || s.Duration == 0):
		problem = fmt.Sprintf("it needs messages of %d bytes, noise and a duration", numberWidth)
	case s.Kind == Invoke && s.Duration == 0:
		problem = "it needs a duration"
	case s.Messages == 0 && (s.Kind == Memory || s.Kind == Dispatch):
		problem = "it needs a number of messages"
	}
	if problem == "" {
		return nil
	}
	return &Error{CodeUsage, fmt.Errorf("%s: %s", strings.TrimSuffix(s.Name(), "/"), problem)}
}

// fifo says whether the queue is a FIFO queue.
func (s Scenario) fifo() bool { return s.Groups > 0 && s.Kind != Fair }

// numbered says whether each message has a number of its own.
func (s Scenario) numbered() bool { return s.Verify || s.Unique || s.fifo() }

// hasCeiling says whether a store that keeps nothing can be measured the same way.
func (s Scenario) hasCeiling() bool { return (s.Kind == Send || s.Kind == Receive) && !s.Verify }
