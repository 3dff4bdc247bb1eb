package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/sample"
)

// here runs a function in this process.
func (i *invocation) here(cmd *cobra.Command, std IO, path string) (err error) {
	if err := i.refuse(cmd, "is for functions of a server", i.ofServers()); err != nil {
		return err
	}
	if i.loop < 1 {
		return usage("--loop counts from 1", cmd.CommandPath()+" "+path+" --loop 100")
	}
	payload, err := i.payload(std)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	l, err := i.local.find(cmd, std, path)
	if err != nil {
		return err
	}
	var log logLines
	line := log.add
	if !i.asJSON && i.loop == 1 { // as it comes
		line = func(text string) { fmt.Fprintln(std.Stderr, text) }
	}
	if err := l.open(ctx, line); err != nil {
		return err
	}
	defer func() {
		if failed := l.close(ctx); err == nil {
			err = failed
		}
	}()
	if err := l.deploy(ctx); err != nil {
		return err
	}
	return i.repeat(ctx, l, payload, &log).show(std, i.asJSON)
}

// localRun is what came of invocations, the last one in full.
type localRun struct {
	requestID string
	result    plugins.Result
	err       error
	took      []time.Duration // of each, the shortest first
	memory    int64           // bytes that the function may have
	log       string
	sent      []sample.Message
}

// repeat invokes the function as often as was asked for, until it fails.
func (i *invocation) repeat(ctx context.Context, l *local, payload []byte, log *logLines) *localRun {
	r := &localRun{memory: l.memory()}
	for range i.loop {
		log.take()
		r.requestID = newRequestID()
		r.result, r.err = l.invoke(ctx, r.requestID, payload, nil)
		r.took = append(r.took, r.result.Duration)
		if r.err != nil {
			break
		}
	}
	slices.Sort(r.took)
	r.log, r.sent = log.take(), l.sent()
	return r
}

// show prints it, and fails if the function did.
func (r *localRun) show(std IO, asObject bool) error {
	reply, failure := r.result.Response, ""
	if r.err != nil {
		errorType, message := plugins.LambdaError(r.err, r.requestID)
		reply, _ = json.Marshal(abi.ErrorObject{ErrorType: errorType, ErrorMessage: message}) //nolint:errchkjson // texts can always be encoded
		failure = "Unhandled"
	}
	if asObject {
		err := std.printJSON(struct {
			Failure    string           `json:"failure,omitempty"`
			Reply      json.RawMessage  `json:"reply"`
			Log        string           `json:"log,omitempty"`
			Sent       []sample.Message `json:"sent,omitempty"`
			Duration   float64          `json:"duration_ms"`
			Init       float64          `json:"init_duration_ms,omitempty"`
			MemoryPeak int64            `json:"memory_peak"`
			Loop       *loopTimes       `json:"loop,omitempty"`
		}{
			failure, asJSON(reply), r.log, r.sent, milliseconds(r.result.Duration), milliseconds(r.result.InitDuration),
			r.result.MemoryPeak, r.times(),
		})
		if err != nil {
			return err
		}
	} else {
		fmt.Fprintln(std.Stderr, r.log+r.report())
		if len(reply) > 0 {
			fmt.Fprintln(std.Stdout, string(reply))
		}
	}
	if r.err != nil {
		return &exitError{ExitFailed}
	}
	return nil
}

// report is Lambda's line about an invocation, and one about all if there were several.
func (r *localRun) report() string {
	const mebibyte = 1 << 20
	var b strings.Builder
	for _, m := range r.sent {
		fmt.Fprintf(&b, "sent to %s: %s\n", m.Queue, m.Body)
	}
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %.2f ms\tMemory Size: %d MB\tMax Memory Used: %d MB", r.requestID,
		milliseconds(r.result.Duration), r.memory/mebibyte, (r.result.MemoryPeak+mebibyte-1)/mebibyte)
	if r.result.InitDuration > 0 {
		fmt.Fprintf(&b, "\tInit Duration: %.2f ms", milliseconds(r.result.InitDuration))
	}
	if t := r.times(); t != nil {
		fmt.Fprintf(&b, "\n%d invocations: p50 %.2f ms, p99 %.2f ms, max %.2f ms", t.Count, t.P50, t.P99, t.Max)
	}
	return b.String()
}

// loopTimes are the durations of several invocations in milliseconds.
type loopTimes struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// times is nil for a single invocation.
func (r *localRun) times() *loopTimes {
	count := len(r.took)
	if count < 2 {
		return nil
	}
	at := func(percent int) float64 { return milliseconds(r.took[(count-1)*percent/100]) }
	return &loopTimes{Count: count, P50: at(50), P99: at(99), Max: at(100)}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
