// Command queuelet is an SQS-compatible queue server that runs WASM consumers.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/queuelet/queuelet/cmd/queuelet/command"
)

func main() {
	os.Exit(command.Run(context.Background(), command.IO{
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Environ: os.Environ(),
		Notify:  signal.Notify,
	}, os.Args[1:]))
}
