package command

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/queuelet/queuelet/plugins/build"
)

func newPluginBuild(std IO) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "build DIR",
		Short: "Build a function to WASM",
		Long: "Builds the function in DIR with the toolchain of its language: Go, also with lambda.Start\n" +
			"of aws-lambda-go, Rust, C or AssemblyScript.",
		Args: oneFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = filepath.Join(args[0], "handler.wasm")
			}
			began := time.Now()
			if err := build.Dir(cmd.Context(), args[0], out); err != nil {
				return err
			}
			info, err := os.Stat(out)
			if err != nil {
				return fmt.Errorf("look at the module: %w", err)
			}
			fmt.Fprintf(std.Stdout, "built %s, %d KiB, in %s\n", out, (info.Size()+1023)/1024, time.Since(began).Round(time.Millisecond))
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "`file` of the module; handler.wasm in DIR if none is given")
	return c
}
