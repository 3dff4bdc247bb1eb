package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/javascript"
)

func newPluginInspect(std IO) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what a module is, what it needs, and whether it can be deployed",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd.CommandPath()+" needs a module", cmd.CommandPath()+" orders.wasm")
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := std.inspect(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				err = inspectedJSON(std.Stdout, report)
			} else {
				err = inspected(std.Stdout, args[0], report)
			}
			if err != nil {
				return err
			}
			if report.Problem != "" {
				return &exitError{ExitFailed}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// inspect looks into a module or a script.
func (std IO) inspect(ctx context.Context, file string) (plugins.Report, error) {
	if javascript.IsScript(file) {
		return plugins.InspectScript(file)
	}
	wasm, err := std.read(file, plugins.MaxModule)
	if err != nil {
		return plugins.Report{}, err
	}
	report, err := plugins.Inspect(ctx, wasm)
	if err != nil {
		return plugins.Report{}, fmt.Errorf("%s: %w", file, err)
	}
	return report, nil
}

func inspectedJSON(out io.Writer, report plugins.Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return printed(encoder.Encode(report))
}

func printed(err error) error {
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// inspected prints the report for people.
func inspected(out io.Writer, name string, report plugins.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s is %s\n", name, kindText(report.Kind))
	if report.Problem != "" {
		fmt.Fprintf(w, "It cannot be deployed: %s\n", report.Problem)
	}
	if report.Hint != "" {
		fmt.Fprintf(w, "Try: %s\n", report.Hint)
	}
	fmt.Fprintf(w, "\nsha256\t%s\nsize\t%d bytes\n", report.Hash, report.Size)
	if len(report.Handlers) > 0 {
		fmt.Fprintf(w, "handlers\t%s\n", strings.Join(report.Handlers, ", "))
	}
	if m := report.Memory; m != nil {
		fmt.Fprintf(w, "memory\tfrom %d bytes", m.Least)
		if m.Most > 0 {
			fmt.Fprintf(w, " to %d", m.Most)
		}
		fmt.Fprintln(w)
	}
	if !report.Stoppable && report.Kind != plugins.ModuleComponent {
		fmt.Fprintln(w, "speed\tslow: it has instructions that cannot be made stoppable, so each turn of a loop is checked")
	}
	for n, i := range report.Imports {
		first, missing := "", ""
		if n == 0 {
			first = "imports"
		}
		if i.Missing {
			missing = "\tmissing"
		}
		fmt.Fprintf(w, "%s\t%s.%s\t%s%s\n", first, i.Module, i.Name, i.Type, missing)
	}
	for n, e := range report.Exports {
		first := ""
		if n == 0 {
			first = "exports"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", first, e.Name, e.Type)
	}
	return printed(w.Flush())
}

// kindText says in words what a module is.
func kindText(kind plugins.ModuleKind) string {
	switch kind {
	case plugins.ModuleReactor:
		return "a reactor: queuelet_handle is called for each event"
	case plugins.ModuleLoop:
		return "a loop: its main asks for events"
	case plugins.ModuleExtism:
		return "a plugin of Extism"
	case plugins.ModuleCommand:
		return "a command: event on standard input, response on standard output"
	case plugins.ModuleJavaScript:
		return "a script, which runs in an engine"
	case plugins.ModuleComponent:
		return "a component"
	case plugins.ModuleUnknown:
		return "no function of queuelet"
	default:
		return string(kind)
	}
}
