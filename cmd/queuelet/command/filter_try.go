package command

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host/filter"
	"github.com/queuelet/queuelet/plugins/abi"
)

// messageLimit bounds what is tried: the largest event.
const messageLimit = abi.MaxEvent

// trial is a pattern that is tried on messages.
type trial struct {
	attributes []string // name=value
	event      bool
	json       bool
}

func newFilterTest(std IO) *cobra.Command {
	var t trial
	c := &cobra.Command{
		Use:   "test PATTERN [FILE]",
		Short: "Say whether a filter pattern matches a message, and if not, why",
		Long: "Reads the body of a message from FILE or standard input and holds the pattern against it,\n" +
			"as a mapping does. PATTERN is JSON, or @ and the name of a file. Exit code 4 says that it\n" +
			"does not match.",
		Example: `  echo '{"total": 99}' | queuelet filter test '{"body": {"total": [{"numeric": [">", 100]}]}}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd.CommandPath()+" needs a pattern", cmd.Example)
			}
			return atMost(2)(cmd, args) //nolint:mnd // the pattern and a file
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			pattern, err := readPattern(cmd, args[0])
			if err != nil {
				return err
			}
			message, err := std.read(fileArgument(args[1:]), messageLimit)
			if err != nil {
				return err
			}
			records, err := t.records(cmd, message)
			if err != nil {
				return err
			}
			return t.run(std, pattern, records)
		},
	}
	c.Flags().StringArrayVar(&t.attributes, "attribute", nil, "message attribute, as `name=value`; can be repeated")
	c.Flags().BoolVar(&t.event, "event", false, "FILE is no body but a record as functions get it, or an event with several")
	c.Flags().BoolVar(&t.json, "json", false, "print the result as JSON")
	return c
}

func readPattern(cmd *cobra.Command, argument string) (*filter.Pattern, error) {
	text := []byte(argument)
	if path, isFile := strings.CutPrefix(argument, "@"); isFile {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("read the pattern: %w", err)
		}
	}
	pattern, err := filter.Compile(text)
	if err != nil {
		return nil, usage(err.Error(), cmd.CommandPath()+` '{"body": {"name": ["value"]}}'`)
	}
	return pattern, nil
}

// records are what the pattern is held against.
func (t *trial) records(cmd *cobra.Command, message []byte) ([]json.RawMessage, error) {
	if !t.event {
		record, err := t.record(cmd, strings.TrimSuffix(string(message), "\n"))
		return []json.RawMessage{record}, err
	}
	if len(t.attributes) > 0 {
		return nil, usage("--attribute cannot be given with --event, which has its own", cmd.CommandPath()+" --help")
	}
	var event struct {
		Records []json.RawMessage `json:"Records"`
	}
	if err := json.Unmarshal(message, &event); err != nil {
		return nil, usage("the event is not JSON: "+err.Error(), cmd.CommandPath()+" --help")
	}
	if event.Records == nil {
		return []json.RawMessage{message}, nil
	}
	return event.Records, nil
}

// record makes the record of a message with this body.
func (t *trial) record(cmd *cobra.Command, body string) (json.RawMessage, error) {
	record := abi.Record{Body: body, EventSource: "aws:sqs", MessageAttributes: map[string]abi.MessageAttribute{}}
	for _, given := range t.attributes {
		name, value, ok := strings.Cut(given, "=")
		if !ok || name == "" {
			return nil, usage(fmt.Sprintf("--attribute %q has no name", given), cmd.CommandPath()+" --attribute name=value")
		}
		record.MessageAttributes[name] = abi.MessageAttribute{StringValue: &value, DataType: "String"}
	}
	text, err := json.Marshal(&record)
	if err != nil {
		return nil, fmt.Errorf("make a record of the message: %w", err)
	}
	return text, nil
}

// verdict is what the pattern says of a record.
type verdict struct {
	Matches bool   `json:"matches"`
	Reason  string `json:"reason,omitempty"` // why not
}

func (t *trial) run(std IO, pattern *filter.Pattern, records []json.RawMessage) error {
	verdicts := make([]verdict, len(records))
	all := true
	for i, record := range records {
		verdicts[i].Reason = pattern.Explain(record)
		verdicts[i].Matches = verdicts[i].Reason == ""
		all = all && verdicts[i].Matches
	}
	if t.json {
		encoder := json.NewEncoder(std.Stdout)
		encoder.SetEscapeHTML(false)
		for i := range verdicts {
			if err := encoder.Encode(&verdicts[i]); err != nil {
				return fmt.Errorf("print the result: %w", err)
			}
		}
	} else {
		for i, v := range verdicts {
			fmt.Fprintln(std.Stdout, v.sentence(i+1, len(verdicts)))
		}
	}
	if !all {
		return &exitError{ExitUnmet}
	}
	return nil
}

// sentence is the verdict for a person, of one of so many records.
func (v verdict) sentence(number, of int) string {
	which := ""
	if of > 1 {
		which = fmt.Sprintf("record %d ", number)
	}
	if v.Matches {
		return which + "matches"
	}
	return which + "does not match: " + v.Reason
}
