package command

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
	"github.com/queuelet/queuelet/plugins/abi"
	"github.com/queuelet/queuelet/plugins/sample"
)

// invocation is what the flags of invoke say.
type invocation struct {
	server

	event, qualifier string
	bodies           []string
	stdin            bool
	async, dryRun    bool

	local localFlags
	loop  int
}

func newPluginInvoke(std IO) *cobra.Command {
	var i invocation
	c := &cobra.Command{
		Use:   "invoke NAME|FILE|DIR",
		Short: "Run a function once and show its reply",
		Long: "Runs a function of a server once, or without a server a module, a script or the function in\n" +
			"a folder, whose path has a dot or a slash in it: ./orders. The reply goes to standard output,\n" +
			"and what the function logs to standard error. Without an event it gets {}; with --body it\n" +
			"gets the event of a queue with a record for each body. What a function asks of the host is\n" +
			"done in memory where there is no server; only requests over HTTP and NATS are refused.",
		Args: oneFunction(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isPath(args[0]) {
				return i.here(cmd, std, args[0])
			}
			if err := i.refuse(cmd, "needs the path of a function, as ./"+args[0], i.ofPaths()); err != nil {
				return err
			}
			return i.asking(std, i.there(std))(cmd, args)
		},
	}
	i.flags(c, "print an object with the reply, the failure and the log")
	c.Flags().StringVar(&i.event, "event", "", "the event as JSON, @file, or - for standard input")
	c.Flags().StringArrayVar(&i.bodies, "body", nil, "`body` of a record; may be given several times")
	c.Flags().BoolVar(&i.stdin, "stdin", false, "read the event from standard input")
	c.Flags().StringVar(&i.qualifier, "qualifier", "", "`version` or alias to run, on a server")
	c.Flags().BoolVar(&i.async, "async", false, "let the server run it later, and again if it fails")
	c.Flags().BoolVar(&i.dryRun, "dry-run", false, "only see whether the server could run it")
	i.local.settings(c)
	c.Flags().IntVar(&i.loop, "loop", 1, "run it so `often` without a server, and say how long it took")
	return c
}

// ofPaths and ofServers are the flags that make no sense for the other.
func (*invocation) ofPaths() []string { return []string{"env", "handler", "memory", "timeout", "loop"} }

func (*invocation) ofServers() []string {
	return []string{"endpoint", "region", "qualifier", "async", "dry-run"}
}

// refuse fails if one of these flags is given.
func (*invocation) refuse(cmd *cobra.Command, why string, flags []string) error {
	for _, name := range flags {
		if cmd.Flags().Changed(name) {
			return usage("--"+name+" "+why, cmd.CommandPath()+" --help")
		}
	}
	return nil
}

// there runs a function of a server.
func (i *invocation) there(std IO) func(*cobra.Command, *client.Client, []string) error {
	return func(cmd *cobra.Command, c *client.Client, args []string) error {
		payload, err := i.payload(std)
		if err != nil {
			return err
		}
		answer, err := c.Call(cmd.Context(), i.request(args[0], payload))
		if err != nil {
			return err
		}
		return i.show(std, answer)
	}
}

// payload is the event that the flags describe.
func (i *invocation) payload(std IO) ([]byte, error) {
	if i.stdin {
		if i.event != "" {
			return nil, usage("--event and --stdin exclude each other", "queuelet plugin invoke NAME --stdin")
		}
		i.event = "-"
	}
	switch {
	case i.event != "" && len(i.bodies) > 0:
		return nil, usage("an event and --body exclude each other", "queuelet plugin invoke NAME --body TEXT")
	case len(i.bodies) > 0:
		return sample.Bodies(time.Now(), i.bodies...), nil
	case i.event == "-":
		return std.read("-", abi.MaxEvent)
	case strings.HasPrefix(i.event, "@"):
		return std.read(i.event[1:], abi.MaxEvent)
	default:
		return []byte(cmp.Or(i.event, "{}")), nil
	}
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
		err := std.printJSON(struct {
			Version string          `json:"version,omitempty"`
			Failure string          `json:"failure,omitempty"`
			Reply   json.RawMessage `json:"reply"`
			Log     string          `json:"log,omitempty"`
		}{answer.Header.Get("X-Amz-Executed-Version"), failed, asJSON(answer.Body), string(log)})
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

// asJSON is a reply for programs: as a string, if it is no JSON.
func asJSON(reply []byte) json.RawMessage {
	if len(reply) == 0 {
		return json.RawMessage("null")
	}
	if !json.Valid(reply) {
		text, _ := json.Marshal(string(reply)) //nolint:errchkjson // a text can always be encoded
		return text
	}
	return reply
}
