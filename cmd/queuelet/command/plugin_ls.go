package command

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/cmd/queuelet/client"
)

func newPluginLs(std IO) *cobra.Command {
	var s server
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the functions of a server and the queues that feed them",
		Args:  atMost(0),
		RunE: s.asking(std, func(cmd *cobra.Command, c *client.Client, _ []string) error {
			functions, err := functionsOf(cmd.Context(), c)
			if err != nil {
				return err
			}
			mappings, err := mappingsOf(cmd.Context(), c, "")
			if err != nil {
				return err
			}
			return std.listFunctions(functions, mappings, s.asJSON)
		}),
	}
	s.flags(c, "print a list of objects")
	return c
}

// listed is a function as programs get it.
type listed struct {
	deployedFunction

	Mappings []eventSourceMapping
}

func (std IO) listFunctions(functions []deployedFunction, mappings []eventSourceMapping, asJSON bool) error {
	all := make([]listed, len(functions))
	for i, f := range functions {
		all[i] = listed{f, []eventSourceMapping{}}
		for _, m := range mappings {
			if name, _, _ := strings.Cut(m.function(), ":"); name == f.FunctionName {
				all[i].Mappings = append(all[i].Mappings, m)
			}
		}
	}
	if asJSON {
		return std.printJSON(all)
	}
	table := tabwriter.NewWriter(std.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tCODE\tMEMORY\tTIMEOUT\tCHANGED\tQUEUES")
	for _, f := range all {
		var queues []string
		for _, m := range f.Mappings {
			text := m.queue()
			if _, qualifier, found := strings.Cut(m.function(), ":"); found {
				text += " → " + qualifier
			}
			if m.State != "Enabled" {
				text += " (" + strings.ToLower(m.State) + ")"
			}
			queues = append(queues, text)
		}
		fmt.Fprintf(table, "%s\t%s\t%.8s\t%d MiB\t%d s\t%.19s\t%s\n", f.FunctionName, strings.ToLower(f.State), cmp.Or(f.CodeSha256, "·"),
			f.MemorySize, f.Timeout, f.LastModified, cmp.Or(strings.Join(queues, ", "), "·"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the functions: %w", err)
	}
	return nil
}
