package command

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
)

// pastInvocation is an invocation as the server remembers it.
type pastInvocation struct {
	RequestID string        `json:"request_id"`
	Version   string        `json:"version"`
	Began     time.Time     `json:"began"`
	Attempt   int           `json:"attempt"`
	Duration  time.Duration `json:"duration"`
	Failure   string        `json:"failure"`
	Error     string        `json:"error"`
	Records   int           `json:"records"`
	Failed    []string      `json:"failed"`
	Log       string        `json:"log"`
}

// pollLogs is how often logs are asked for that are followed.
const pollLogs = time.Second

func newPluginLogs(std IO) *cobra.Command {
	var s server
	var follow bool
	var count int
	c := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show the last invocations of a function and what they logged",
		Args:  oneFunction(),
		RunE: s.asking(std, func(cmd *cobra.Command, c *client.Client, args []string) error {
			seen := ""
			for {
				raw, err := invocationsOf(cmd.Context(), c, args[0], seen)
				if err != nil {
					return err
				}
				if seen == "" {
					raw = raw[max(0, len(raw)-count):]
				}
				for _, one := range raw {
					var i pastInvocation
					if err := json.Unmarshal(one, &i); err != nil {
						return fmt.Errorf("read an invocation: %w", err)
					}
					seen = i.RequestID
					if s.asJSON {
						fmt.Fprintln(std.Stdout, string(one))
					} else {
						fmt.Fprint(std.Stdout, i.text())
					}
				}
				if !follow || !rest(cmd.Context(), pollLogs) {
					return nil
				}
			}
		}),
	}
	s.flags(c, "print an object per line")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	c.Flags().IntVarP(&count, "number", "n", 20, "how many invocations to begin with")
	return c
}

// invocationsOf returns the invocations after one that was seen, the oldest first.
func invocationsOf(ctx context.Context, c *client.Client, name, seen string) ([]json.RawMessage, error) {
	var answer struct{ Invocations []json.RawMessage }
	if err := c.Do(ctx, http.MethodGet, client.Function(name, "invocations"), nil, nil, &answer); err != nil {
		return nil, err
	}
	if seen != "" {
		known := `"request_id":"` + seen + `"`
		at := slices.IndexFunc(answer.Invocations, func(one json.RawMessage) bool { return strings.Contains(string(one), known) })
		if at >= 0 {
			answer.Invocations = answer.Invocations[:at]
		}
	}
	slices.Reverse(answer.Invocations)
	return answer.Invocations, nil
}

// text is an invocation for people: a line about it, then what it logged.
func (i *pastInvocation) text() string {
	var b strings.Builder
	began := i.Began.Local().Format("15:04:05.000") //nolint:gosmopolitan // for the person at this terminal
	fmt.Fprintf(&b, "%s  %s  %s  %s", began, i.RequestID, i.Version, i.Duration.Round(time.Microsecond))
	if i.Records > 0 {
		fmt.Fprintf(&b, "  %d records", i.Records)
	}
	switch {
	case i.Failure != "":
		fmt.Fprintf(&b, "  %s: %s", i.Failure, i.Error)
	case len(i.Failed) > 0:
		fmt.Fprintf(&b, "  failed: %s", strings.Join(i.Failed, ", "))
	default:
		b.WriteString("  ok")
	}
	b.WriteByte('\n')
	for line := range strings.Lines(i.Log) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// rest waits, and returns false when ctx ends first.
func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
