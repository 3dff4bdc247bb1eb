package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// strict holds TestKillFunctions to its limits on a machine that does nothing else.
var strict = flag.Bool("strict", false, "hold timing tests to their limits")

const (
	crashFunctions = 20
	crashModules   = 4 // that these functions are of
)

// TestKillFunctions kills the process while it compiles twenty functions for the first time, and while they are in the
// middle of batches, and then damages what is kept of two modules. Each time SQS answers at once after the start. In the end
// the functions of the other modules come from the cache, those of the damaged ones are compiled again, and every message
// that was acknowledged has been handled.
func TestKillFunctions(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles modules, which takes long under the race detector")
	}
	k := newKilledFunctions(t)
	k.start() // and kill it when the first module is being compiled
	k.send("early", 1)
	k.eventually("something is in the cache", func() bool { return len(k.cached()) > 0 })
	k.kill()

	k.start()
	k.send("compiling", 1)
	k.eventually("all functions work", func() bool { return k.handledAll() })
	k.send("slow", 10) // a second for each function
	k.eventually("a batch is in work", func() bool { return !k.handledAll() && k.handled("slow 0 0") })
	k.kill()
	if k.handledAll() {
		t.Error("no batch was in work")
	}
	if files := k.cached(); len(files) != 2*crashModules {
		t.Fatalf("%d files in the cache", len(files))
	}
	damaged := k.damage()
	before := k.cached()

	k.start()
	k.send("restarted", 1)
	k.eventually("all functions work", func() bool { return len(k.deployed) == crashFunctions && k.handledAll() })
	after := k.cached()
	for name, written := range before {
		if again := !after[name].Equal(written); again != damaged[k.entry(name)] {
			t.Errorf("%s was written again: %t", name, again)
		}
	}
	k.checkTimes()
	k.kill()
}

// killedFunctions is a server with functions of a few modules, each with a queue.
type killedFunctions struct {
	*victim

	client *sqs.Client
	sent   []string
	ready  time.Duration // from the start of the process to the last answer of SQS
}

func newKilledFunctions(t *testing.T) *killedFunctions {
	t.Helper()
	wasm, err := os.ReadFile(buildCrashHandler(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var queues, functions, mappings strings.Builder
	for n := range crashFunctions {
		path := filepath.Join(dir, fmt.Sprintf("%d.wasm", n%crashModules))
		if n < crashModules { // a custom section makes it a module of its own
			if err := os.WriteFile(path, append(bytes.Clone(wasm), 0, 3, 1, 'n', byte(n)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&queues, "  - {name: q%d, attributes: {VisibilityTimeout: 2}}\n", n)
		fmt.Fprintf(&functions, "  - {name: f%d, path: %q}\n", n, path)
		fmt.Fprintf(&mappings, "  - {queue: q%d, function: f%d}\n", n, n)
	}
	s := newVictimWith(t, "queues:\n"+queues.String()+"functions:\n"+functions.String()+"mappings:\n"+mappings.String())
	return &killedFunctions{victim: s, client: newClient(s)}
}

// start starts the server, and notes how long that took.
func (k *killedFunctions) start() {
	k.t.Helper()
	began := time.Now()
	k.victim.start()
	_, err := k.client.ListQueues(k.t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		k.t.Fatal(err)
	}
	k.ready = time.Since(began)
}

// send sends n messages to each function.
func (k *killedFunctions) send(what string, n int) {
	k.t.Helper()
	for f := range crashFunctions {
		in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(fmt.Sprintf("http://%s/000000000000/q%d", k.sqs, f))}
		for i := range n {
			body := fmt.Sprintf("%s %d %d", what, f, i)
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
			k.sent = append(k.sent, body)
		}
		if out, err := k.client.SendMessageBatch(k.t.Context(), in); err != nil || len(out.Failed) > 0 {
			k.t.Fatal(out, err)
		}
	}
}

func (k *killedFunctions) handledAll() bool {
	for _, body := range k.sent {
		if !k.handled(body) {
			return false
		}
	}
	return true
}

func (k *killedFunctions) eventually(what string, holds func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			k.t.Fatalf("not after three minutes: %s", what)
		}
	}
}

// cached are the files of the compile cache that are whole, with when they were written.
func (k *killedFunctions) cached() map[string]time.Time {
	files := map[string]time.Time{}
	_ = filepath.WalkDir(filepath.Join(k.dir, "wasm-cache"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasSuffix(path, ".tmp") {
			if info, err := d.Info(); err == nil {
				files[path] = info.ModTime()
			}
		}
		return nil // what vanishes is not there
	})
	return files
}

// entry is the folder of the module that a file of the cache is of.
func (k *killedFunctions) entry(name string) string {
	below, err := filepath.Rel(filepath.Join(k.dir, "wasm-cache"), name)
	if err != nil {
		k.t.Fatal(err)
	}
	entry, _, _ := strings.Cut(filepath.ToSlash(below), "/")
	return entry
}

// damage leaves half of what is kept of one module, and something else of as many bytes of another one. It returns their
// entries.
func (k *killedFunctions) damage() map[string]bool {
	k.t.Helper()
	damaged := map[string]bool{}
	for name := range k.cached() {
		if strings.HasSuffix(name, ".wasm") {
			continue // it is checked by its hash
		}
		content, err := os.ReadFile(name)
		if err != nil {
			k.t.Fatal(err)
		}
		if len(damaged) == 0 {
			content = content[:len(content)/2]
		} else {
			content = bytes.Repeat([]byte{0xcc}, len(content))
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			k.t.Fatal(err)
		}
		if damaged[k.entry(name)] = true; len(damaged) == 2 {
			break
		}
	}
	return damaged
}

// checkTimes asks that SQS answered soon after the last start, and that functions came soon from the cache.
func (k *killedFunctions) checkTimes() {
	k.t.Helper()
	soon, ready := 5*time.Second, 10*time.Second
	if *strict {
		soon, ready = 50*time.Millisecond, time.Second
	}
	if k.ready > ready {
		k.t.Errorf("SQS answered after %v", k.ready)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	late := 0
	for name, took := range k.deployed {
		if took > soon {
			late++
			k.t.Logf("function %s came after %v", name, took)
		}
	}
	if late > 2 { // the first function of each damaged module
		k.t.Errorf("%d functions came late", late)
	}
	k.t.Logf("SQS answered after %v", k.ready)
}
