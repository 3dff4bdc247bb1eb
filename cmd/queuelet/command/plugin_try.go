package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/sample"
)

// eventsFolder is where the sample events of a function are, beside its source.
const eventsFolder = "events"

// pluginTest is what the flags of test say.
type pluginTest struct {
	localFlags

	events string
	asJSON bool
	watch  bool
}

func newPluginTest(std IO) *cobra.Command {
	var t pluginTest
	c := &cobra.Command{
		Use:   "test FILE|DIR|NAME",
		Short: "Run a function on sample events, without a server, and say where it does not do what they expect",
		Long: `Runs a module, a script, the function in a folder, which is built first, or the function
NAME of the configuration on each sample in events/*.json beside it. A sample is an event
as Lambda gives it, which has to succeed, or an object with the event and what is expected:

  {"bodies": ["text", {"order": 1}], "expect": {"failed": ["1"], "log": "order 1 is done"}}

"bodies" are those of a queue's messages, JSON stands for its text. "records" are Lambda's
records, in which all but the body may be left out, and "event" is any other event. A
record without a messageId is known by its place: "1" is the first. In "expect" may stand

  failed      message ids of the records that come again or go to the dead-letter queue
  deadLetter  those among them that go to the dead-letter queue at once
  response    the whole response, as JSON
  error       a part of the error: the invocation fails as a whole
  log         a part of what it logs, or a list of such
  sent        all messages that it sends: {"queue": "invoices", "body": {"order": 1}}

No record and no invocation may fail without that. Each sample gets an instance of its own,
and what the function asks of the host is done in memory; only requests over HTTP and NATS
are refused. Exit code 4 says that a sample differs.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd.CommandPath()+" needs a function", cmd.CommandPath()+" DIR, with the folder of a function")
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, std, args[0]) },
	}
	t.settings(c)
	c.Flags().StringVarP(&t.config, "config", "c", "", "`file` of the configuration with the function NAME; "+configVariable+" without it")
	c.Flags().StringVar(&t.events, "events", "", "`folder` of the samples, or file with one; "+eventsFolder+" beside the function without it")
	c.Flags().BoolVar(&t.asJSON, "json", false, "print an object with what came of each sample")
	c.Flags().BoolVar(&t.watch, "watch", false, "run again whenever source or samples change")
	return c
}

func (t *pluginTest) run(cmd *cobra.Command, std IO, argument string) (err error) {
	ctx := cmd.Context()
	l, err := t.find(cmd, std, argument)
	if err != nil {
		return err
	}
	l.function.Isolation = plugins.IsolationFresh
	if t.events == "" {
		t.events = filepath.Join(l.folder, eventsFolder)
	}
	var log logLines
	if err := l.open(ctx, log.add); err != nil {
		return err
	}
	defer func() {
		if failed := l.close(ctx); err == nil {
			err = failed
		}
	}()
	if !t.watch {
		return t.once(ctx, std, l, &log)
	}
	return t.again(ctx, std, l, &log)
}

// again runs all samples whenever something changes, until it is stopped.
func (t *pluginTest) again(ctx context.Context, std IO, l *local, log *logLines) error {
	ctx, stop := std.interruptible(ctx)
	defer stop()
	var running sync.Mutex
	run := func([]string) {
		running.Lock()
		defer running.Unlock()
		err := t.once(ctx, std, l, log)
		if _, said := errors.AsType[*exitError](err); err != nil && !said && ctx.Err() == nil {
			fmt.Fprintln(std.Stderr, explain(err))
		}
	}
	var first sync.WaitGroup
	first.Go(func() { run(nil) }) // beside the watch, which notices what changes meanwhile
	defer first.Wait()
	return host.Watch(ctx, func() []string { return t.files(l) }, still, run)
}

// files are those whose change runs the samples again.
func (t *pluginTest) files(l *local) []string {
	files := sourcesIn(l.folder)
	if !l.builds {
		files = append(files, l.function.Path)
	}
	samples, err := filepath.Glob(filepath.Join(t.events, "*"+sample.Extension))
	if err != nil {
		return files
	}
	// The dot makes it the folder that is watched, not the one around it.
	return append(append(files, samples...), t.events+string(filepath.Separator)+".")
}

// tested is what came of all samples of a function.
type tested struct {
	Function string   `json:"function"`
	Passed   bool     `json:"passed"`
	Samples  []judged `json:"samples"`
}

// judged is what came of one.
type judged struct {
	Name        string           `json:"name"`
	Passed      bool             `json:"passed"`
	Differences []string         `json:"differences,omitempty"`
	Duration    float64          `json:"duration_ms"`
	MemoryPeak  int64            `json:"memory_peak"`
	Response    json.RawMessage  `json:"response"`
	Error       string           `json:"error,omitempty"`
	Log         string           `json:"log,omitempty"`
	Sent        []sample.Message `json:"sent,omitempty"`
}

// once runs all samples, and fails if one differs.
func (t *pluginTest) once(ctx context.Context, std IO, l *local, log *logLines) error {
	samples, err := sample.ReadAll(t.events, time.Now())
	if err == nil && len(samples) == 0 {
		err = errors.New("there is no sample in " + t.events)
	}
	if err != nil {
		return usage(err.Error(), `a file `+filepath.Join(t.events, "first.json")+` with {"bodies": ["text"]}`)
	}
	if err := l.deploy(ctx); err != nil {
		return err
	}
	report := tested{Function: l.function.Name, Passed: true}
	for i := range samples {
		one := try(ctx, l, &samples[i], log)
		report.Samples = append(report.Samples, one)
		report.Passed = report.Passed && one.Passed
		if !t.asJSON {
			fmt.Fprint(std.Stdout, one.text())
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("run the samples: %w", err)
	}
	if t.asJSON {
		if err := std.printJSON(report); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(std.Stdout, report.summary())
	}
	if !report.Passed {
		return &exitError{ExitUnmet}
	}
	return nil
}

// try runs one sample.
func try(ctx context.Context, l *local, s *sample.Sample, log *logLines) judged {
	log.take()
	result, err := l.invoke(ctx, newRequestID(), s.Event, s.IDs)
	outcome := sample.Outcome{Response: result.Response, Err: err, Log: log.take(), Sent: l.sent()}
	one := judged{
		Name: s.Name, Duration: milliseconds(result.Duration), MemoryPeak: result.MemoryPeak,
		Response: asJSON(result.Response), Log: outcome.Log, Sent: outcome.Sent,
	}
	if err != nil {
		one.Error = err.Error()
	}
	one.Differences = s.Compare(outcome)
	one.Passed = len(one.Differences) == 0
	return one
}

// text is a sample for people: a line about it and, if it differs, how, and what was logged.
func (j *judged) text() string {
	var b strings.Builder
	verdict := "ok  "
	if !j.Passed {
		verdict = "FAIL"
	}
	fmt.Fprintf(&b, "%s  %-24s  %.2f ms\n", verdict, j.Name, j.Duration)
	for _, difference := range j.Differences {
		for line := range strings.Lines(difference) {
			b.WriteString("      " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	if !j.Passed && j.Log != "" {
		b.WriteString("      log:\n")
		for line := range strings.Lines(j.Log) {
			b.WriteString("        " + line)
		}
	}
	return b.String()
}

func (t *tested) summary() string {
	failed := 0
	for _, one := range t.Samples {
		if !one.Passed {
			failed++
		}
	}
	if failed == 0 {
		return fmt.Sprintf("%s: %d passed", t.Function, len(t.Samples))
	}
	return fmt.Sprintf("%s: %d of %d failed", t.Function, failed, len(t.Samples))
}

// sent are the messages of the last invocation.
func (l *local) sent() []sample.Message {
	all := make([]sample.Message, 0, len(l.stub.Sent))
	for _, m := range l.stub.Sent {
		all = append(all, sample.NewMessage(m.Queue, m.Body))
	}
	return all
}

// logLines collects what a function logs.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *logLines) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.WriteString(line + "\n")
}

// take returns the lines since the last time.
func (t *logLines) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.text.Reset()
	return t.text.String()
}
