package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/queuelet/queuelet/host/subject"
)

// Limits of an event source mapping of Lambda (AWS Lambda API reference,
// CreateEventSourceMapping).
const (
	maximumBatchSize      = 10_000
	maximumBatchingWindow = 5 * time.Minute
	maximumConcurrency    = 1000
	maximumFilters        = 10
	receiveLimit          = 10 // messages that one ReceiveMessage answers
)

// Mapping feeds the messages of a queue to a function: an event source mapping.
type Mapping struct {
	Queue                 string
	AccountID             string
	Source                MappingSource
	Function              string
	BatchSize             int
	MaximumBatchingWindow time.Duration // how long to gather a batch
	MinimumConcurrency    int           // batches in work at a time, without a backlog
	MaximumConcurrency    int           // batches in work at a time
	Filters               []string      // patterns, as JSON
	// ReportBatchItemFailures takes what the function names as failed for failed, and the
	// rest for done. Without it all is done when the function replies.
	ReportBatchItemFailures    bool
	BisectBatchOnFunctionError bool
	OnSuccess                  string // destination of what is done, "" for none
	OnFailure                  string // destination of what is given up, "" for none
	Enabled                    bool
}

// MappingSource says which messages of its queue a mapping gets.
type MappingSource string

const (
	// SourceQueue receives messages in competition with other consumers.
	SourceQueue MappingSource = "queue"
	// SourceTap gets a copy of every message that is stored.
	SourceTap MappingSource = "tap"
)

func defaultMapping() Mapping {
	return Mapping{
		Source: SourceQueue, BatchSize: 10, MinimumConcurrency: 1, MaximumConcurrency: 2,
		ReportBatchItemFailures: true, Enabled: true,
	}
}

func (d *decoder) mapping(c *Config) reading {
	return d.list(func(path string, n ast.Node) {
		v := defaultMapping()
		d.object(path, n, map[string]reading{
			"queue":      d.text(&v.Queue, queueName),
			"account_id": d.text(&v.AccountID, accountID),
			"source": d.value(func(text string) error {
				v.Source = MappingSource(text)
				return oneOf(string(SourceQueue), string(SourceTap))(text)
			}),
			"function":   d.text(&v.Function, functionName),
			"batch_size": d.value(func(text string) error { return setInt(&v.BatchSize, text, maximumBatchSize) }),
			"maximum_batching_window": d.value(func(text string) error {
				return setDuration(&v.MaximumBatchingWindow, text, upTo(maximumBatchingWindow))
			}),
			"minimum_concurrency": d.value(func(text string) error {
				return setInt(&v.MinimumConcurrency, text, maximumConcurrency)
			}),
			"maximum_concurrency": d.value(func(text string) error {
				return setInt(&v.MaximumConcurrency, text, maximumConcurrency)
			}),
			"filters":                        d.patterns(&v.Filters),
			"report_batch_item_failures":     d.flag(&v.ReportBatchItemFailures),
			"bisect_batch_on_function_error": d.flag(&v.BisectBatchOnFunctionError),
			"on_success":                     d.text(&v.OnSuccess, destination),
			"on_failure":                     d.text(&v.OnFailure, destination),
			"enabled":                        d.flag(&v.Enabled),
		})
		d.require(path, n, "queue", "function")
		if has(n, "minimum_concurrency") && !has(n, "maximum_concurrency") {
			v.MaximumConcurrency = max(v.MaximumConcurrency, v.MinimumConcurrency)
		}
		c.Mappings = append(c.Mappings, v)
	})
}

// flag reads true or false.
func (d *decoder) flag(at *bool) reading {
	return d.value(func(text string) error { return setBool(at, text) })
}

// natsScheme begins a destination that is a NATS subject.
const natsScheme = "nats:"

var queueARNPattern = regexp.MustCompile(`^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$`)

// destination accepts where a mapping can send to: a queue by name or ARN, or a subject.
func destination(text string) error {
	name, isSubject := strings.CutPrefix(text, natsScheme)
	switch err := subject.Check(name); {
	case isSubject && errors.Is(err, subject.ErrReserved):
		return complain("is "+err.Error(), "choose another one, for example nats:orders.done")
	case isSubject && err != nil:
		return complain("is not a NATS subject", "write tokens with dots between them, for example nats:orders.done")
	case isSubject:
		return nil
	case queueARNPattern.MatchString(text):
		return nil
	case strings.Contains(text, ":"):
		return complain("is neither a queue nor a NATS subject",
			"write the name of a queue, its ARN, or nats: and a subject")
	default:
		return queueName(text)
	}
}

func (d *decoder) checkMappings(c *Config) {
	known := namesOf(c)
	seen := make(map[string]bool)
	for i, m := range c.Mappings {
		at := fmt.Sprintf("mappings[%d]", i)
		queue := c.account(m.AccountID) + "/" + m.Queue
		if m.Queue != "" && !known.queues[queue] {
			d.fail(CodeConflict, at+".queue", m.Queue, unknownName("is not among the queues", m.Queue, known.queueNames))
		}
		if m.Function != "" && !known.functions[m.Function] {
			d.fail(CodeConflict, at+".function", m.Function, unknownName("is not among the functions", m.Function, known.functionNames))
		}
		identity := queue + " " + string(m.Source) + " " + m.Function
		if seen[identity] {
			d.fail(CodeDuplicate, at, "", complain("maps the same queue to the same function again", "remove one of the two"))
		}
		seen[identity] = true
		if m.Source == SourceTap && known.queues[queue] && !known.tapped[queue] {
			d.fail(CodeConflict, at+".source", string(m.Source), complain(
				"needs a queue that keeps its messages for taps", "write tap: stream at the queue "+m.Queue))
		}
		d.checkBatch(at, m)
		d.checkConcurrency(at, m)
		account := c.account(m.AccountID)
		d.checkDestination(at+".on_success", m.OnSuccess, &m, known, account)
		d.checkDestination(at+".on_failure", m.OnFailure, &m, known, account)
	}
}

// names are those of the queues and functions of a configuration. Queues are known with
// their account.
type names struct {
	queues, tapped            map[string]bool
	functions                 map[string]bool
	queueNames, functionNames []string
}

func namesOf(c *Config) names {
	known := names{queues: map[string]bool{}, tapped: map[string]bool{}, functions: map[string]bool{}}
	for _, q := range c.Queues {
		account := c.account(q.AccountID) + "/"
		known.queues[account+q.Name], known.queues[account+q.DeadLetter.Queue] = true, true
		known.tapped[account+q.Name] = q.Tap == TapStream
		known.queueNames = append(known.queueNames, q.Name)
	}
	for _, f := range c.Functions {
		known.functions[f.Name] = true
		known.functionNames = append(known.functionNames, f.Name)
	}
	return known
}

// checkDestination wants a queue that is named without its account to be configured.
// Others may exist or come to be: a mapping waits for them.
func (d *decoder) checkDestination(key, to string, m *Mapping, known names, account string) {
	switch {
	case to == "" || strings.Contains(to, ":"):
	case to == m.Queue:
		d.fail(CodeConflict, key, to, complain("is the queue that the mapping reads", "name another queue"))
	case queueName(to) == nil && !known.queues[account+"/"+to]:
		d.fail(CodeConflict, key, to, unknownName("is not among the queues", to, known.queueNames))
	}
}

// checkBatch holds a mapping to Lambda's rules for batches.
func (d *decoder) checkBatch(at string, m Mapping) {
	switch {
	case fifo(m.Queue) && m.BatchSize > receiveLimit:
		d.fail(CodeConflict, at+".batch_size", "", complain("is more than 10 for a FIFO queue", "write 10 or less"))
	case fifo(m.Queue) && m.MaximumBatchingWindow > 0:
		d.fail(CodeConflict, at+".maximum_batching_window", "", complain("is given for a FIFO queue, which has none", "remove it"))
	case m.BatchSize > receiveLimit && m.MaximumBatchingWindow < time.Second:
		d.fail(CodeConflict, at+".batch_size", "", complain(
			"is more than 10 without a time to gather them", "give maximum_batching_window: 1s or more"))
	}
}

func (d *decoder) checkConcurrency(at string, m Mapping) {
	if m.MinimumConcurrency > m.MaximumConcurrency {
		d.fail(CodeConflict, at+".minimum_concurrency", strconv.Itoa(m.MinimumConcurrency),
			complain(fmt.Sprintf("is more than the maximum_concurrency of %d", m.MaximumConcurrency), "write less here or more there"))
	}
}

func (f *flattener) mappings(c *Config) {
	for i, v := range c.Mappings {
		source := ""
		if v.Source == SourceTap {
			source = " by its tap"
		}
		f.item("mappings", i, v.AccountID+"/"+v.Queue+" to "+v.Function+source)
		f.add("queue", v.Queue)
		f.add("account_id", v.AccountID)
		f.add("source", string(v.Source))
		f.add("function", v.Function)
		f.add("batch_size", strconv.Itoa(v.BatchSize))
		f.add("maximum_batching_window", v.MaximumBatchingWindow.String())
		f.add("minimum_concurrency", strconv.Itoa(v.MinimumConcurrency))
		f.add("maximum_concurrency", strconv.Itoa(v.MaximumConcurrency))
		for k, pattern := range v.Filters {
			f.add(fmt.Sprintf("filters[%d]", k), pattern)
		}
		f.add("report_batch_item_failures", strconv.FormatBool(v.ReportBatchItemFailures))
		f.add("bisect_batch_on_function_error", strconv.FormatBool(v.BisectBatchOnFunctionError))
		f.add("on_success", v.OnSuccess)
		f.add("on_failure", v.OnFailure)
		f.add("enabled", strconv.FormatBool(v.Enabled))
	}
}
