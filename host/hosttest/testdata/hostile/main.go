// Command hostile is a handler that does harm in the way that the message's body says.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

var kept [][]byte

func main() {
	queuelet.HandleRecord(func(_ context.Context, r abi.Record) error {
		switch r.Body {
		case "loop":
			for n := 0; ; n++ {
				kept = kept[:0]
			}
		case "recurse":
			fmt.Println(recurse(1))
		case "allocate":
			for {
				kept = append(kept, make([]byte, 1<<20))
			}
		case "panic":
			panic("harm")
		case "exit":
			os.Exit(7)
		case "flood":
			for line := strings.Repeat("flood ", 200); ; {
				fmt.Println(line)
			}
		}
		return nil
	})
}

func recurse(n int) int { return recurse(n+1) + 1 }
