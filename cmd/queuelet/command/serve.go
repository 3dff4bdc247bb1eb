package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/queuelet/queuelet/host"
	"github.com/queuelet/queuelet/host/config"
)

// still is how long changed files must rest before they are read.
const still = 200 * time.Millisecond

func newServe(std IO) *cobra.Command {
	var path string
	var ephemeral bool
	c := &cobra.Command{
		Use:   "serve [FILE]",
		Short: "Run the server",
		Long: "Runs the server on the configuration in FILE, or on defaults, until it is stopped. The\n" +
			"first SIGINT or SIGTERM drains it: long polls return empty and running functions\n" +
			"finish. The second ends it at once. SIGHUP and a change of the file reload the\n" +
			"configuration.",
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && path != "" {
				return usage("the configuration file is named twice", cmd.CommandPath()+" "+args[0])
			}
			source := std.source(cmp.Or(fileArgument(args), path))
			source.Overrides = overrides(cmd)
			if ephemeral && cmd.Flag("data").Changed {
				return usage("--data and --ephemeral exclude each other", cmd.CommandPath()+" --data DIR")
			}
			if ephemeral {
				folder, err := os.MkdirTemp("", "queuelet-")
				if err != nil {
					return fmt.Errorf("make a folder for the data: %w", err)
				}
				defer os.RemoveAll(folder)
				source.Overrides = append(source.Overrides, config.Override{Flag: "--ephemeral", Key: "storage.dir", Value: folder})
			}
			return std.serve(cmd.Context(), source)
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration `file`, the same as FILE; defaults without one")
	c.Flags().BoolVar(&ephemeral, "ephemeral", false, "keep data in a temporary folder and remove it at the end")
	overridable(c, "data", "storage.dir", "`folder` of the data")
	overridable(c, "listen", "sqs.listen", "`address` of the SQS endpoint")
	overridable(c, "console", "console.listen", "`address` of the console port")
	return c
}

// configKey annotates a flag with the key of the configuration that it sets.
const configKey = "queuelet/key"

// overridable gives a command a flag that goes before a key of the configuration.
func overridable(c *cobra.Command, name, key, help string) {
	c.Flags().String(name, "", help)
	c.Flag(name).Annotations = map[string][]string{configKey: {key}}
}

// overrides returns the flags of a command that were given and set a key.
func overrides(c *cobra.Command) []config.Override {
	var all []config.Override
	c.Flags().Visit(func(flag *pflag.Flag) {
		if key := flag.Annotations[configKey]; len(key) == 1 {
			all = append(all, config.Override{Flag: "--" + flag.Name, Key: key[0], Value: flag.Value.String()})
		}
	})
	return all
}

// serve runs the server on a configuration, which it reads again when it changes.
func (std IO) serve(ctx context.Context, source config.Source) error {
	c, err := config.Load(source)
	if err != nil {
		return err
	}
	h, err := std.newHost(c, "")
	if err != nil {
		return err
	}
	reload := func(ctx context.Context) {
		next, err := config.Load(source)
		if err != nil {
			h.Refuse(ctx, err)
			return
		}
		_ = h.Reload(ctx, next) // it is logged, and the server goes on as before
	}
	return supervision{
		host:   h,
		ready:  func() { std.banner(h) },
		reload: reload,
		watch: func(ctx context.Context) {
			files := func() []string { return watched(source, h.Config()) }
			err := host.Watch(ctx, files, still, func([]string) { reload(ctx) })
			if err != nil {
				h.Log().WarnContext(ctx, "changes of files are not noticed; SIGHUP reloads", "error", err)
			}
		},
	}.run(ctx, std)
}

// watched are the files whose change reloads the configuration.
func watched(source config.Source, c config.Config) []string {
	var files []string
	if source.Path != "" {
		files = append(files, source.Path)
	}
	for _, f := range c.Functions {
		files = append(files, f.Path)
	}
	files = append(files, c.FunctionFiles()...)
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(filepath.Dir(file))
		return err != nil
	})
}

func (std IO) newHost(c config.Config, compileCache string) (*host.Host, error) {
	return host.New(c, host.Options{
		Log:          std.Stderr,
		NoColor:      std.variable("NO_COLOR") != "",
		Version:      currentBuild().Version,
		CompileCache: compileCache,
	})
}
