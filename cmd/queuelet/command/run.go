package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/host/config"
)

// IO is everything a command touches of its process.
type IO struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Environ is the environment in the form of os.Environ.
	Environ []string
	// Notify delivers signals as signal.Notify does. Only commands that run until they
	// are stopped use it.
	Notify func(c chan<- os.Signal, signals ...os.Signal)
}

// The exit codes of all commands.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitUsage       = 2   // wrong usage or invalid configuration
	ExitNotFound    = 3   // what was named is not there
	ExitUnmet       = 4   // an assertion is not met
	ExitUnreachable = 5   // there is no server
	ExitInterrupted = 130 // interrupted twice
)

// configVariable names the configuration file when no flag does. It begins like the
// variables of the configuration, but is none of its keys.
const configVariable = "QUEUELET_CONFIG"

// Run runs the command that the arguments name and returns the process's exit code.
func Run(ctx context.Context, std IO, args []string) int {
	root := newRoot(std) //nolint:contextcheck // cobra hands the context on
	root.SetArgs(args)
	root.SetIn(std.Stdin)
	root.SetOut(std.Stdout)
	root.SetErr(std.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitDone
	}
	code := ExitFailed
	switch exit, isExit := errors.AsType[*exitError](err); {
	case isExit:
		return exit.code
	case isUsage(err):
		code = ExitUsage
	}
	fmt.Fprintln(std.Stderr, explain(err))
	return code
}

func newRoot(std IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "queuelet",
		Short: "An SQS-compatible queue server that runs WASM consumers",
		Long: "queuelet serves the Amazon SQS API from one process, keeps messages in an embedded\n" +
			"NATS JetStream, and runs WASM functions that consume them.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err.Error(), cmd.CommandPath()+" --help")
	})
	root.AddCommand(newServe(std), newDev(std), newBench(std), newAuth(std), newConfig(std), newPlugin(std), newFilter(std), newVersion())
	return root
}

// group makes a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd.CommandPath()+" needs to know what to do", cmd.CommandPath()+" --help")
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(commands...)
	return c
}

func unknownCommand(cmd *cobra.Command, name string) error {
	const distance = 2
	cmd.SuggestionsMinimumDistance = distance
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return usage(fmt.Sprintf("there is no command %q", name), cmd.CommandPath()+" "+strings.Join(near, ", or "+cmd.CommandPath()+" "))
	}
	return usage(fmt.Sprintf("there is no command %q", name), cmd.CommandPath()+" --help")
}

// atMost limits how many arguments a command takes.
func atMost(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > most {
			return usage(fmt.Sprintf("%s does not take %q", cmd.CommandPath(), args[most]), cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// usageError is wrong usage of the command line.
type usageError struct{ sentence, try string }

func (e *usageError) Error() string { return e.sentence }

func usage(sentence, try string) error { return &usageError{sentence, try} }

// exitError ends the process with a code; what there was to say is said.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

func isUsage(err error) bool {
	if _, ok := errors.AsType[*usageError](err); ok {
		return true
	}
	_, ok := errors.AsType[*config.Error](err)
	return ok
}

// explain renders an error for a person.
func explain(err error) string {
	if mistakes, ok := errors.AsType[config.Errors](err); ok {
		return mistakes.Explain()
	}
	text := err.Error()
	if wrong, ok := errors.AsType[*usageError](err); ok {
		text += "\nTry: " + wrong.try
	}
	return "queuelet: " + text
}

// variable returns the value of an environment variable, "" when it is not set.
func (std IO) variable(name string) string {
	for _, pair := range std.Environ {
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// source says where the configuration comes from: the named file, else the one of
// QUEUELET_CONFIG, else defaults.
func (std IO) source(path string) config.Source {
	if path == "" {
		path = std.variable(configVariable)
	}
	return config.Source{Path: path, Environ: std.Environ, Ignore: []string{configVariable}}
}
