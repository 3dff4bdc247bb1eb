package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/bench"
	"github.com/queuelet/queuelet/cmd/queuelet/bench/ceiling"
	"github.com/queuelet/queuelet/host/config"
)

// ceilingCommand is the name of the hidden command that serves the ceiling.
const ceilingCommand = "ceiling-server"

// benchmark is what the flags of bench say.
type benchmark struct {
	clients, backlogs []int
	groups            []int
	batch, size       int
	messages          int
	duration          time.Duration
	verify            bool
	dispatches        bool // functions are measured

	runs       int
	endpoint   string
	region     string
	dir        string
	durability string
	ceiling    bool
	functions  []string // name=path; the two of our own when there are none
	asserted   []string
	asJSON     bool
	asCSV      bool
	quiet      bool
}

func newBench(std IO) *cobra.Command {
	c := group("bench", "Measure how fast a server is",
		newBenchRow(std, bench.Send, "Send messages"),
		newBenchRow(std, bench.Receive, "Receive messages and delete them"),
		newBenchRow(std, bench.Wakeup, "Send to receives that wait, and see how soon they are answered"),
		newBenchRow(std, bench.Dispatch, "Let functions work off a queue"),
		newBenchRow(std, bench.Memory, "See how much memory a server takes, idle and with messages"),
		newBenchFair(std),
		newBenchAll(std), newBenchCeiling(std))
	c.Long = "Measures a server that it starts as a second process, on a temporary folder and a free\n" +
		"port, or one that runs already (--endpoint, with the key of AWS_ACCESS_KEY_ID and\n" +
		"AWS_SECRET_ACCESS_KEY). Beside a server of its own it measures the ceiling: the same HTTP\n" +
		"path with a store that keeps nothing. An answer that is not a success ends it."
	return c
}

// newBenchRow makes the command for one kind of scenario. Several clients or backlogs
// make a row each.
func newBenchRow(std IO, kind bench.Kind, short string) *cobra.Command {
	b := benchmark{dispatches: kind == bench.Dispatch}
	c := &cobra.Command{
		Use:   string(kind),
		Short: short,
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.messages > 0 && !cmd.Flags().Changed("duration") || kind == bench.Memory || kind == bench.Dispatch {
				b.duration = 0
			}
			return b.run(cmd, std, func(functions []string) []bench.Scenario {
				scenarios := b.scenarios(kind, functions)
				if kind == bench.Dispatch {
					for _, function := range functions {
						scenarios = append(scenarios, bench.Invocation(function))
					}
				}
				return scenarios
			})
		},
	}
	b.flags(c, 1)
	flags := c.Flags()
	b.clients, b.backlogs = []int{1}, []int{0}
	messages, batch := 0, 1
	switch kind {
	case bench.Receive:
		batch = 10
	case bench.Dispatch, bench.Memory:
		messages, batch = 100_000, 10
	case bench.Send, bench.Wakeup, bench.Fair, bench.Invoke:
	}
	flags.IntVar(&b.messages, "msgs", messages, "how many messages")
	flags.IntVar(&b.size, "size", 256, "`bytes` of a message")
	b.batch = batch
	if kind == bench.Send || kind == bench.Receive {
		flags.IntVar(&b.batch, "batch", batch, "messages in a request, 1 to 10")
		flags.IntSliceVar(&b.clients, "clients", b.clients, "how many clients, or several numbers with commas")
		flags.IntSliceVar(&b.backlogs, "backlog", b.backlogs, "messages that stay in the queue meanwhile, or several numbers with commas")
		flags.IntSliceVar(&b.groups, "fifo-groups", nil,
			"compare FIFO queues of so many message groups with a standard queue; several numbers with commas")
		flags.BoolVar(&b.verify, "verify", false, "number the messages and check that each is received exactly once")
	}
	return c
}

func newBenchFair(std IO) *cobra.Command {
	var b benchmark
	c := &cobra.Command{
		Use:   string(bench.Fair),
		Short: "See how long messages of quiet tenants wait beside a noisy one, without groups and with them",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.run(cmd, std, func([]string) []bench.Scenario { return bench.Fairness(b.duration) })
		},
	}
	b.flags(c, 1)
	return c
}

func newBenchAll(std IO) *cobra.Command {
	b := benchmark{dispatches: true}
	c := &cobra.Command{
		Use:   "all",
		Short: "Measure everything that says how fast a server is",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.run(cmd, std, func(functions []string) []bench.Scenario {
				scenarios := bench.Suite(b.duration, functions...)
				if b.endpoint != "" {
					scenarios = slices.DeleteFunc(scenarios, func(s bench.Scenario) bool { return s.Kind == bench.Memory })
				}
				return scenarios
			})
		},
	}
	b.flags(c, 3)
	return c
}

// newBenchCeiling serves for the load generator in another process.
func newBenchCeiling(std IO) *cobra.Command {
	return &cobra.Command{
		Use:    ceilingCommand,
		Short:  "Serve SQS over a store that keeps nothing",
		Hidden: true,
		Args:   atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := std.interruptible(cmd.Context())
			defer stop()
			return ceiling.Serve(ctx, ceiling.Options{
				Region:          config.Default().SQS.Region,
				AccessKeyID:     std.variable(bench.KeyVariable),
				SecretAccessKey: std.variable(bench.SecretVariable),
				AccountID:       config.DevelopmentAccountID,
			}, func(url string) { fmt.Fprintf(std.Stdout, "  SQS      %s\n", url) })
		},
	}
}

// flags adds the flags that all rows have.
func (b *benchmark) flags(c *cobra.Command, runs int) {
	f := c.Flags()
	f.DurationVar(&b.duration, "duration", 3*time.Second, "how long to measure")
	f.IntVar(&b.runs, "runs", runs, "how often each row is measured; the median counts")
	f.StringVar(&b.endpoint, "endpoint", "", "`URL` of a running server; one is started without it")
	f.StringVar(&b.region, "region", "", "region to sign for; that of AWS_REGION, or us-east-1")
	f.StringVar(&b.dir, "dir", "", "existing `folder` whose disk the started server writes to")
	f.StringVar(&b.durability, "durability", string(config.DurabilityFsync), "what the started server promises: fsync or os")
	f.BoolVar(&b.ceiling, "ceiling", true, "measure the ceiling beside a started server")
	if b.dispatches {
		f.StringArrayVar(&b.functions, "function", nil, "function to measure, as `name=module.wasm`, instead of a trivial one and one in Go; repeatable")
	}
	f.StringArrayVar(&b.asserted, "assert", nil, "fail with code 4 unless this holds, like `p99<20ms` or send:rate>=10000; repeatable")
	f.BoolVar(&b.asJSON, "json", false, "print the report as JSON")
	f.BoolVar(&b.asCSV, "csv", false, "print the report as CSV")
	f.BoolVarP(&b.quiet, "quiet", "q", false, "do not tell how it goes")
}

// exclusive refuses flags that contradict each other.
func exclusive(c *cobra.Command, names ...string) error {
	var given []string
	for _, name := range names {
		if c.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return usage(strings.Join(given, " and ")+" exclude each other", c.CommandPath()+" --help")
	}
	return nil
}

// scenarios makes a row of each number of clients, each backlog and each function.
func (b *benchmark) scenarios(kind bench.Kind, functions []string) []bench.Scenario {
	if !b.dispatches {
		functions = []string{""}
	}
	groups := append([]int{0}, b.groups...) // what FIFO queues are compared with comes first
	var all []bench.Scenario
	for _, backlog := range b.backlogs {
		for _, clients := range b.clients {
			for _, function := range functions {
				for _, groups := range groups {
					all = append(all, bench.Scenario{
						Kind: kind, Clients: clients, Batch: b.batch, Size: b.size, Backlog: backlog, Groups: groups,
						Messages: b.messages, Duration: b.duration, Verify: b.verify, Function: function,
						Unique: kind == bench.Send && len(b.groups) > 0 && groups == 0,
					})
				}
			}
		}
	}
	return all
}

func (b *benchmark) run(cmd *cobra.Command, std IO, scenarios func(functions []string) []bench.Scenario) error {
	for _, pair := range [][2]string{{"json", "csv"}, {"endpoint", "dir"}, {"endpoint", "durability"}} {
		if err := exclusive(cmd, pair[0], pair[1]); err != nil {
			return err
		}
	}
	assertions, err := b.assertions()
	if err != nil {
		return benchUsage(err)
	}
	ctx, stop := std.interruptible(cmd.Context())
	defer stop()
	options, clean, err := b.options(ctx, std)
	if err != nil {
		return err
	}
	defer clean()
	var functions []string
	for _, f := range options.Server.Functions {
		functions = append(functions, f.Name)
	}
	options.Scenarios = scenarios(functions)
	report, err := bench.Run(ctx, options)
	if err != nil {
		return std.benchFailure(ctx, err)
	}
	if err := b.print(std, report); err != nil {
		return err
	}
	var unmet []string
	for _, a := range assertions {
		unmet = append(unmet, a.Check(report)...)
	}
	if len(unmet) == 0 {
		return nil
	}
	for _, line := range unmet {
		std.notef("queuelet: not met: %s", line)
	}
	return &exitError{ExitUnmet}
}

func (b *benchmark) assertions() ([]bench.Assertion, error) {
	var all []bench.Assertion
	for _, text := range b.asserted {
		a, err := bench.ParseAssertion(text)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// options leaves the scenarios out. clean removes what was made for them.
func (b *benchmark) options(ctx context.Context, std IO) (o bench.Options, clean func(), err error) {
	clean = func() {}
	o = bench.Options{Runs: b.runs, Ceiling: b.ceiling}
	if !b.quiet {
		o.Status = std.Stderr
	}
	if b.endpoint != "" {
		endpoint, err := b.remote(std)
		o.Endpoint = &endpoint
		return o, clean, err
	}
	if d := config.Durability(b.durability); d != config.DurabilityFsync && d != config.DurabilityOS {
		return o, clean, usage(fmt.Sprintf("--durability %q is neither fsync nor os", b.durability), "--durability fsync")
	}
	executable, err := os.Executable()
	if err != nil {
		return o, clean, fmt.Errorf("find the program to start a server with: %w", err)
	}
	o.Server = bench.Server{
		Executable: executable, CeilingArguments: []string{"bench", ceilingCommand}, Environ: std.Environ,
		Dir: b.dir, Durability: b.durability,
	}
	if b.dispatches {
		o.Server.Functions, clean, err = b.measuredFunctions(ctx, std)
	}
	return o, clean, err
}

// remote is a server that somebody else has started. The development key is tried on
// this machine only.
func (b *benchmark) remote(std IO) (bench.Endpoint, error) {
	e := bench.Endpoint{
		URL:             b.endpoint,
		Region:          cmp.Or(b.region, std.variable("AWS_REGION"), std.variable("AWS_DEFAULT_REGION"), config.Default().SQS.Region),
		AccessKeyID:     std.variable(bench.KeyVariable),
		SecretAccessKey: std.variable(bench.SecretVariable),
		SessionToken:    std.variable("AWS_SESSION_TOKEN"),
	}
	if e.AccessKeyID != "" && e.SecretAccessKey != "" {
		return e, nil
	}
	if !onLoopback(b.endpoint) {
		return e, usage("there is no key to sign with", "set "+bench.KeyVariable+" and "+bench.SecretVariable)
	}
	e.AccessKeyID, e.SecretAccessKey, e.SessionToken = config.DevelopmentAccessKeyID, config.DevelopmentSecretAccessKey, ""
	return e, nil
}

func onLoopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (b *benchmark) print(std IO, report *bench.Report) error {
	switch {
	case b.asJSON:
		encoder := json.NewEncoder(std.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
		return nil
	case b.asCSV:
		return report.WriteCSV(std.Stdout)
	default:
		return report.WriteText(std.Stdout)
	}
}

// benchFailure gives the failures of a measurement their exit codes.
func (std IO) benchFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted before everything was measured")
	}
	failed, ok := errors.AsType[*bench.Error](err)
	switch {
	case ok && failed.Code == bench.CodeUsage:
		return benchUsage(err)
	case ok && failed.Code == bench.CodeUnreachable:
		std.notef("queuelet: %v\nTry: start a server, or leave --endpoint out", err)
		return &exitError{ExitUnreachable}
	default:
		return err
	}
}

func benchUsage(err error) error { return usage(err.Error(), "queuelet bench --help") }
