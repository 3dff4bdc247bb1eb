package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host/config"
)

func newConfigCheck(std IO) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration file and the environment, and name every mistake",
		Args:  atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			source := std.source(fileArgument(args))
			_, err := config.Load(source)
			if asJSON {
				return checkedJSON(std.Stdout, err)
			}
			if err != nil {
				return err
			}
			if source.Path == "" {
				source.Path = "the default configuration"
			}
			fmt.Fprintf(std.Stdout, "%s is valid\n", source.Path)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return c
}

// checkedJSON prints the result of a check for programs.
func checkedJSON(out io.Writer, err error) error {
	type mistake struct {
		Code   config.Code `json:"code"`
		File   string      `json:"file,omitempty"`
		Line   int         `json:"line,omitempty"`
		Column int         `json:"column,omitempty"`
		Origin string      `json:"origin,omitempty"`
		Key    string      `json:"key,omitempty"`
		Value  string      `json:"value,omitempty"`
		Reason string      `json:"reason"`
		Hint   string      `json:"hint,omitempty"`
	}
	result := struct {
		Valid    bool      `json:"valid"`
		Mistakes []mistake `json:"mistakes"`
	}{Valid: err == nil, Mistakes: []mistake{}}
	mistakes, _ := errors.AsType[config.Errors](err)
	for _, m := range mistakes {
		result.Mistakes = append(result.Mistakes, mistake{m.Code, m.File, m.Line, m.Column, m.Origin, m.Key, m.Value, m.Reason, m.Hint})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if failed := encoder.Encode(result); failed != nil {
		return fmt.Errorf("print the result: %w", failed)
	}
	if err != nil {
		return &exitError{ExitUsage}
	}
	return nil
}
