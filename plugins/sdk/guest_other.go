//go:build !wasip1

package queuelet

import (
	"fmt"
	"os"
)

// serve has no host outside of WebAssembly.
func serve(handler) {
	fmt.Fprintln(os.Stderr, "queuelet: this program is a function for queuelet; build it with\n"+
		"\tGOOS=wasip1 GOARCH=wasm go build -o handler.wasm .\nand name handler.wasm in queuelet's configuration.")
	os.Exit(1)
}
