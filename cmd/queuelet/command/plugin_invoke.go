package command

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
	"github.com/queuelet/queuelet/plugins/abi"
)

// invocation is what the flags of invoke say.
type invocation struct {
	server

	event, qualifier string
	bodies           []string
	async, dryRun    bool
}

func newPluginInvoke(std IO) *cobra.Command {
	var i invocation
	c := &cobra.Command{
		Use:   "invoke NAME",
		Short: "Run a function once and show its reply",
		Long: "Runs a function of a server once. Its reply goes to standard output, and what it logs to\n" +
			"standard error. Without an event it gets {}; with --body it gets the event of a queue\n" +
			"with a record for each body.",
		Args: oneFunction(),
		RunE: i.asking(std, func(cmd *cobra.Command, c *client.Client, args []string) error {
			payload, err := i.payload(std)
			if err != nil {
				return err
			}
			answer, err := c.Call(cmd.Context(), i.request(args[0], payload))
			if err != nil {
				return err
			}
			return i.show(std, answer)
		}),
	}
	i.flags(c, "print an object with the reply, the failure and the log")
	c.Flags().StringVar(&i.event, "event", "", "the event as JSON, @file, or - for standard input")
	c.Flags().StringArrayVar(&i.bodies, "body", nil, "`body` of a record; may be given several times")
	c.Flags().StringVar(&i.qualifier, "qualifier", "", "`version` or alias to run")
	c.Flags().BoolVar(&i.async, "async", false, "let the server run it later, and again if it fails")
	c.Flags().BoolVar(&i.dryRun, "dry-run", false, "only see whether it could be run")
	return c
}

// payload is the event that the flags describe.
func (i *invocation) payload(std IO) ([]byte, error) {
	switch {
	case i.event != "" && len(i.bodies) > 0:
		return nil, usage("--event and --body exclude each other", "queuelet plugin invoke NAME --body TEXT")
	case len(i.bodies) > 0:
		return queueEvent(i.bodies), nil
	case i.event == "-":
		return std.read("-", abi.MaxEvent)
	case strings.HasPrefix(i.event, "@"):
		return std.read(i.event[1:], abi.MaxEvent)
	default:
		return []byte(cmp.Or(i.event, "{}")), nil
	}
}

// queueEvent is an event of a queue with a record for each body.
func queueEvent(bodies []string) []byte {
	var e abi.Event
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	for n, body := range bodies {
		e.Records = append(e.Records, abi.Record{
			MessageID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1), ReceiptHandle: "none", Body: body,
			Attributes: map[string]string{
				"ApproximateReceiveCount": "1", "SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now, "SenderId": "queuelet",
			},
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:test", AWSRegion: "us-east-1",
		})
	}
	return abi.AppendEvent(nil, &e)
}

func (i *invocation) request(name string, payload []byte) client.Request {
	r := client.Request{
		Method: http.MethodPost, Path: client.Function(name, "invocations"), Body: payload,
		Header: map[string]string{"X-Amz-Log-Type": "Tail"}, Query: url.Values{},
	}
	if i.qualifier != "" {
		r.Query.Set("Qualifier", i.qualifier)
	}
	switch {
	case i.dryRun:
		r.Header["X-Amz-Invocation-Type"] = "DryRun"
	case i.async:
		r.Header["X-Amz-Invocation-Type"] = "Event"
	}
	return r
}

// show prints what came of it, and fails if the function did.
func (i *invocation) show(std IO, answer *client.Answer) error {
	failed := answer.Header.Get("X-Amz-Function-Error")
	log, err := base64.StdEncoding.DecodeString(answer.Header.Get("X-Amz-Log-Result"))
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if i.asJSON {
		reply := json.RawMessage(answer.Body)
		if !json.Valid(reply) {
			reply, _ = json.Marshal(string(answer.Body)) //nolint:errchkjson // a text can always be encoded
		}
		err := std.printJSON(struct {
			Version string          `json:"version,omitempty"`
			Failure string          `json:"failure,omitempty"`
			Reply   json.RawMessage `json:"reply"`
			Log     string          `json:"log,omitempty"`
		}{answer.Header.Get("X-Amz-Executed-Version"), failed, reply, string(log)})
		if err != nil {
			return err
		}
	} else {
		fmt.Fprint(std.Stderr, string(log))
		if len(answer.Body) > 0 {
			fmt.Fprintln(std.Stdout, string(answer.Body))
		}
	}
	if failed != "" {
		return &exitError{ExitFailed}
	}
	return nil
}
