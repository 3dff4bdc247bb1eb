package dispatch

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/filter"
	"github.com/queuelet/queuelet/host/queue"
)

// Defaults and limits of a mapping (AWS Lambda API reference, CreateEventSourceMapping).
const (
	DefaultBatchSize      = 10
	DefaultMinConcurrency = 1
	DefaultMaxConcurrency = 2

	maxReceive       = 10 // records that a receive takes, and a batch without a window holds
	maxBatchSize     = 10_000
	minLargeWindow   = time.Second // for batches larger than maxReceive
	maxWindow        = 5 * time.Minute
	maxConcurrency   = 1000
	maxFilters       = 10
	fifoQueueSuffix  = ".fifo"
	maxAccountDigits = 12
)

// Mapping feeds the messages of a queue to a function: an event source mapping. Zero values mean the defaults.
type Mapping struct {
	// ID names the mapping in calls, logs and metrics; without one it is "account/queue:function".
	// One of a tap is "account/queue:tap:function".
	ID       string
	Queue    queue.Key
	Function string

	BatchSize int           // records of an event, 1 to 10, or to 10,000 with a Window of at least 1 s; DefaultBatchSize
	Window    time.Duration // how long to wait for a batch to fill up, up to 5 minutes; not for FIFO queues
	// MaxConcurrency is how many batches may be in work at the same time, 1 to 1,000; DefaultMaxConcurrency. There are as many
	// as the backlog asks for, beginning with MinConcurrency, 1 to MaxConcurrency; DefaultMinConcurrency.
	MinConcurrency, MaxConcurrency int
	// Filters are up to ten patterns of package filter. A message that none of them matches is deleted without being seen
	// by the function. None lets everything through.
	Filters []string
	// WholeBatch ignores the records that the function names as failed: a reply means that all are done. It is Lambda's
	// behaviour without ReportBatchItemFailures.
	WholeBatch bool
	// Bisect tries a batch that failed as a whole again in two halves at once, and so on, until the records that make it
	// fail are found.
	Bisect bool
	// OnSuccess is told of every record that the function has done, before the record is deleted. OnFailure is told of every
	// record that is given up: before it goes to the dead-letter queue because the function said so, and when it failed at
	// its last receive. See Destination.
	OnSuccess, OnFailure Destination
	// Tap gives the function a copy of every message that is stored in the queue, whoever receives it there. The queue has to
	// keep its messages in a tap stream. See CopyQueue.
	Tap      bool
	Disabled bool
}

// withDefaults fills in what was left out.
func (m Mapping) withDefaults() Mapping {
	if m.ID == "" && m.Tap {
		m.ID = m.Queue.Account + "/" + m.Queue.Name + ":tap:" + m.Function
	}
	m.ID = cmp.Or(m.ID, m.Queue.Account+"/"+m.Queue.Name+":"+m.Function)
	m.BatchSize = cmp.Or(m.BatchSize, DefaultBatchSize)
	m.MinConcurrency = cmp.Or(m.MinConcurrency, DefaultMinConcurrency)
	m.MaxConcurrency = cmp.Or(m.MaxConcurrency, max(DefaultMaxConcurrency, m.MinConcurrency))
	return m
}

// plan is a mapping ready to be served. It does not change.
type plan struct {
	Mapping // its Queue is the one that is received from

	declared    Mapping // as Apply was told
	filters     []*filter.Pattern
	fifo        bool
	functionARN string
	recordEnd   []byte // see recordEnd
}

// compile checks a mapping, whose defaults are filled in.
func compile(m Mapping) (*plan, error) {
	p := &plan{Mapping: m, declared: m, fifo: isFIFO(m.Queue.Name)}
	if problem := p.problem(); problem != "" {
		return nil, &Error{Code: CodeInvalid, Mapping: m.ID, Problem: problem}
	}
	for i, text := range m.Filters {
		pattern, err := filter.Compile([]byte(text))
		if err != nil {
			return nil, &Error{Code: CodeInvalid, Mapping: m.ID, Problem: "filter " + strconv.Itoa(i+1), Err: err}
		}
		p.filters = append(p.filters, pattern)
	}
	if m.Tap {
		p.Queue = m.CopyQueue()
	}
	return p, nil
}

func (p *plan) problem() string {
	switch {
	case p.Queue.Name == "" || p.Queue.Account == "" || len(p.Queue.Account) > maxAccountDigits:
		return "it needs a queue with its account"
	case p.Function == "":
		return "it needs a function"
	default:
		return cmp.Or(p.batchProblem(), p.concurrencyProblem(), p.destinationProblem())
	}
}

func (p *plan) concurrencyProblem() string {
	switch {
	case p.MaxConcurrency < 1 || p.MaxConcurrency > maxConcurrency:
		return fmt.Sprintf("a maximum concurrency of %d: it has to be between 1 and %d", p.MaxConcurrency, maxConcurrency)
	case p.MinConcurrency < 1 || p.MinConcurrency > p.MaxConcurrency:
		return fmt.Sprintf("a minimum concurrency of %d: it has to be between 1 and the maximum of %d", p.MinConcurrency, p.MaxConcurrency)
	default:
		return ""
	}
}

func (p *plan) batchProblem() string {
	switch {
	case len(p.Filters) > maxFilters:
		return fmt.Sprintf("%d filters: at most %d are possible; several conditions fit into one", len(p.Filters), maxFilters)
	case p.Window < 0 || p.Window > maxWindow:
		return fmt.Sprintf("a window of %v: it has to be between 0 and %v", p.Window, maxWindow)
	case p.fifo && p.Window > 0:
		return "a window is not possible for a FIFO queue"
	case p.BatchSize < 1 || p.BatchSize > maxBatchSize:
		return fmt.Sprintf("a batch size of %d: it has to be between 1 and %d", p.BatchSize, maxBatchSize)
	case p.fifo && p.BatchSize > maxReceive:
		return fmt.Sprintf("a batch size of %d: at most %d are possible for a FIFO queue", p.BatchSize, maxReceive)
	case p.BatchSize > maxReceive && p.Window < minLargeWindow:
		return fmt.Sprintf("a batch size of %d: more than %d need a window of at least %v", p.BatchSize, maxReceive, minLargeWindow)
	default:
		return ""
	}
}

// locate fills in the names by which functions know the queue and themselves.
func (p *plan) locate(source Source, region string) {
	p.recordEnd = recordEnd(source.ARN(p.Queue), region)
	// Functions are known by their names, or as account/name:version.
	_, name, found := strings.Cut(p.Function, "/")
	if !found {
		name = p.Function
	}
	p.functionARN = "arn:aws:lambda:" + region + ":" + p.Queue.Account + ":function:" + name
}

// wants says whether a record passes the filters.
func (p *plan) wants(record []byte) bool {
	for _, pattern := range p.filters {
		if pattern.Match(record) {
			return true
		}
	}
	return len(p.filters) == 0
}

func isFIFO(queueName string) bool { return strings.HasSuffix(queueName, fifoQueueSuffix) }
