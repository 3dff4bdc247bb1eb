package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/plugins/sdk/template"
)

func newPluginNew(std IO) *cobra.Command {
	var languages []string
	for _, t := range template.All() {
		languages = append(languages, t.Language)
	}
	var language string
	c := &cobra.Command{
		Use:   "new --lang LANGUAGE DIR",
		Short: "Begin a function",
		Long: "Writes a small function into DIR, which must be new or empty, with the SDK of its\n" +
			"language. The languages are " + strings.Join(languages, ", ") + ".",
		Args: oneFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, ok := template.Find(language)
			if !ok {
				return usage(fmt.Sprintf("--lang %q is none of %s", language, strings.Join(languages, ", ")),
					cmd.CommandPath()+" --lang go orders")
			}
			return std.writeProject(t, args[0])
		},
	}
	c.Flags().StringVar(&language, "lang", "", "`language` of the function: "+strings.Join(languages, ", "))
	if err := c.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(languages, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is there
	}
	return c
}

// oneFolder asks for the one argument of a command that works on a folder.
func oneFolder(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(cmd.CommandPath()+" needs a folder", cmd.CommandPath()+" --help")
	}
	return atMost(1)(cmd, args)
}

// writeProject writes a project and tells what there is to do with it.
func (std IO) writeProject(t template.Template, dir string) error {
	written, err := t.Write(dir)
	if errors.Is(err, template.ErrExists) {
		return usage(err.Error(), "another folder")
	}
	if err != nil {
		return err
	}
	for _, name := range written {
		fmt.Fprintf(std.Stdout, "wrote %s\n", filepath.Join(dir, filepath.FromSlash(name)))
	}
	fmt.Fprintf(std.Stdout, "\nNext:\n  cd %s\n", dir)
	for _, command := range append(t.Prepare, "queuelet plugin test .", "queuelet dev .") {
		fmt.Fprintf(std.Stdout, "  %s\n", command)
	}
	return nil
}
