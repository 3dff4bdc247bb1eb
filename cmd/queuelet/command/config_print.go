package command

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host/config"
)

func newConfigPrint(std IO) *cobra.Command {
	var asJSON, hide bool
	c := &cobra.Command{
		Use:   "print [FILE]",
		Short: "Show each value of the configuration and where it came from",
		Args:  atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !hide {
				return usage("secrets are never printed", cmd.CommandPath()+" --redacted")
			}
			settings, err := config.Settings(std.source(fileArgument(args)))
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(std.Stdout)
				encoder.SetIndent("", "  ")
				return encoder.Encode(settings)
			}
			table := tabwriter.NewWriter(std.Stdout, 0, 0, 2, ' ', 0)
			for _, s := range settings {
				fmt.Fprintf(table, "%s\t%s\t%s\n", s.Key, oneLine(s.Value), s.Origin)
			}
			return table.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a list of objects")
	c.Flags().BoolVar(&hide, "redacted", true, "show secrets as dots; they are never shown otherwise")
	return c
}

// oneLine keeps a value in its column.
func oneLine(value string) string {
	if value == "" || strings.ContainsAny(value, "\n\t") {
		return strconv.Quote(value)
	}
	return value
}
