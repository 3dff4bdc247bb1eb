// Bad does what its message says, and that is seldom good.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strings"
	"time"
	"unsafe"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

var (
	kept   [][]byte
	served int
)

func main() {
	if os.Getenv("INIT") != "" {
		do(os.Getenv("INIT"))
	}
	queuelet.Start(func(ctx context.Context, event abi.Event) (string, error) {
		served++
		var answers []string
		for _, record := range event.Records {
			answer, err := do2(ctx, record.Body)
			if err != nil {
				return "", err
			}
			answers = append(answers, answer)
		}
		return strings.Join(answers, ","), nil
	})
}

//go:wasmimport queuelet_v1 event_reply
func reply(text unsafe.Pointer, size uint32) int32

// do2 does what needs the invocation.
func do2(ctx context.Context, what string) (string, error) {
	switch what {
	case "error":
		return "", errors.New("the handler is not happy")
	case "context":
		invocation, _ := queuelet.FromContext(ctx)
		text, err := json.Marshal(invocation)
		return string(text), err
	case "deadline":
		deadline, _ := ctx.Deadline()
		return time.Until(deadline).Round(time.Second).String(), nil
	case "served":
		return fmt.Sprint(served), nil
	case "env":
		return os.Getenv("VALUE"), nil
	case "args":
		return strings.Join(os.Args, " "), nil
	case "clock":
		return time.Now().UTC().Format(time.RFC3339), nil
	case "random":
		return fmt.Sprint(rand.Uint64()), nil
	case "file":
		_, err := os.ReadFile("/etc/passwd")
		return fmt.Sprint(err != nil), nil
	case "stdin":
		n, err := os.Stdin.Read(make([]byte, 1))
		return fmt.Sprint(n, err), nil
	case "panic after a reply":
		text := []byte(`"all is well"`)
		if errno := reply(unsafe.Pointer(&text[0]), uint32(len(text))); errno != 0 {
			return "", fmt.Errorf("event_reply returned %d", errno)
		}
		panic("asked to panic after a reply")
	default:
		do(what)
		return "", nil
	}
}

func do(what string) {
	switch what {
	case "panic":
		panic("asked to panic")
	case "goroutine panic":
		go panic("asked to panic beside")
		time.Sleep(time.Second)
	case "exit":
		os.Exit(7)
	case "spin":
		for n := 0; ; n++ {
			kept = kept[:0]
		}
	case "allocate":
		for {
			b := make([]byte, 1<<20)
			for n := range b {
				b[n] = 1
			}
			kept = append(kept, b)
		}
	case "recurse":
		fmt.Println(recurse(1))
	case "sleep":
		time.Sleep(time.Hour)
	case "block":
		<-make(chan int)
	case "print":
		fmt.Println("to standard output")
		fmt.Fprintln(os.Stderr, "to standard error")
		log.Print("by package log")
		fmt.Print("without a newline")
	case "flood":
		line := strings.Repeat("x", 1000)
		for range 100_000 {
			fmt.Println(line)
		}
	case "long line":
		fmt.Println(strings.Repeat("y", 100_000))
	}
}

func recurse(n int) int { return recurse(n+1) + 1 }
