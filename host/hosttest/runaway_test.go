package hosttest_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/queuelet/queuelet/host/activity"
	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// shape is a way to go on without end: the code of queuelet_handle of a module with 512 pages of memory. Its local 1 is free,
// f is an imported function if one is named.
type shape struct {
	module, name string
	params       int
	code         func(m *as.Module, f uint32) []byte
}

const wasi = "wasi_snapshot_preview1"

// shapes are the ways to go on without end. blackHole is the address of a server that takes requests and does not answer.
func shapes(blackHole string) map[string]shape {
	return map[string]shape{
		"loop": {code: func(*as.Module, uint32) []byte { return as.Loop(as.Br(0)) }},
		"calls": {code: func(m *as.Module, _ uint32) []byte { // 2^31, without a loop
			f := m.Next()
			less := slices.Concat(as.Get(0), as.I32Const(1), as.I32Sub, as.Call(f))
			m.Func("", as.Type{Params: []byte{as.I32}}, nil, as.Get(0), as.If(less, less))
			return slices.Concat(as.I32Const(31), as.Call(f))
		}},
		"fill": {code: func(*as.Module, uint32) []byte {
			return as.Loop(as.I32Const(0), as.I32Const(1), as.I32Const(512<<16), as.MemoryFill, as.Br(0))
		}},
		"sleep": {wasi, "poll_oneoff", 4, func(m *as.Module, f uint32) []byte { // for an hour
			m.Data(24, binary.LittleEndian.AppendUint64(nil, uint64(time.Hour)))
			return slices.Concat(as.I32Const(0), as.I32Const(1024), as.I32Const(1), as.I32Const(2048), as.Call(f), as.Drop)
		}},
		"poll": {wasi, "poll_oneoff", 4, func(_ *as.Module, f uint32) []byte { // 4,096 clocks that are due
			return as.Loop(as.I32Const(0), as.I32Const(1<<20), as.I32Const(4096), as.I32Const(1<<19), as.Call(f), as.Drop, as.Br(0))
		}},
		"blackhole": {abi.Module, abi.ImportCall, 4, func(m *as.Module, f uint32) []byte {
			request := abi.AppendFrame(nil, fmt.Appendf(nil, `{"url":"http://%s/"}`, blackHole), nil)
			m.Data(0, []byte(abi.OpHTTPFetch))
			m.Data(64, request)
			return slices.Concat(as.I32Const(0), as.I32Const(int32(len(abi.OpHTTPFetch))), as.I32Const(64), as.I32Const(int32(len(request))),
				as.Call(f), as.Drop)
		}},
		"start": {abi.Module, abi.ImportDeadlineMs, 0, func(m *as.Module, f uint32) []byte { // unless it has a deployment's time
			m.Start(m.Func("", as.Type{}, nil, as.Call(f), as.I64Const(5000), []byte{0x53}, as.If(as.Loop(as.Br(0))))) // i64.lt_s
			return as.Unreachable                                                                                      // so that the next invocation needs a new instance
		}},
	}
}

func (s shape) build(t *testing.T, path string) {
	t.Helper()
	m := &as.Module{}
	var f uint32
	if s.name != "" {
		signature := as.Type{Params: slices.Repeat([]byte{as.I32}, s.params), Results: []byte{as.I32}}
		if s.name == abi.ImportDeadlineMs {
			signature.Results = []byte{as.I64}
		}
		f = m.Import(s.module, s.name, signature)
	}
	m.Memory(512, -1)
	m.Func(abi.ExportHandle, as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil, s.code(m, f), as.I32Const(1))
	if err := os.WriteFile(path, m.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newBlackHole takes connections and does not answer.
func newBlackHole(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // those that nobody has accepted end with it
	return listener.Addr().String()
}

// TestRunawaysLeaveTheServerAnswering has functions behind mappings do things without end, with one and with two processors
// for the scheduler. Each ends 100 ms after its deadline at the latest, and messages are sent meanwhile as they are otherwise.
func TestRunawaysLeaveTheServerAnswering(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures times, which the race detector makes long")
	}
	for _, procs := range []int{1, 2} {
		t.Run(fmt.Sprintf("GOMAXPROCS %d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			dir, blackHole := t.TempDir(), newBlackHole(t)
			var queues, functions, mappings strings.Builder
			for name, s := range shapes(blackHole) {
				path := filepath.Join(dir, name+".wasm")
				s.build(t, path)
				fmt.Fprintf(&queues, "  - {name: %s, attributes: {VisibilityTimeout: 60}}\n", name)
				fmt.Fprintf(&functions, "  - {name: %s, path: %q, memory: 64MiB, timeout: %v, grants: {http: [%q]}}\n", name, path, runawayTimeout, blackHole)
				fmt.Fprintf(&mappings, "  - {queue: %s, function: %s, batch_size: 1}\n", name, name)
			}
			server := hosttest.Start(t, hosttest.Config("log: {level: error}\nqueues:\n  - {name: calm}\n"+queues.String()+
				"functions:\n"+functions.String()+"mappings:\n"+mappings.String()))
			r := runawayTest{t, server, server.SQS()}
			r.sending(300 * time.Millisecond)
			idle := r.sending(time.Second)
			for name := range shapes(blackHole) {
				t.Run(name, func(t *testing.T) { r.endsInTime(t, name, idle) })
			}
		})
	}
}

const runawayTimeout = 300 * time.Millisecond

type runawayTest struct {
	t      *testing.T
	server *hosttest.Server
	client *sqs.Client
}

func (r runawayTest) send(queue string) {
	r.t.Helper()
	_, err := r.client.SendMessage(r.t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(r.server.URL() + "/000000000000/" + queue), MessageBody: aws.String("x"),
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// sending is how long it takes to send to a queue that nobody consumes: its p99, or its median where other programs may be in
// the way.
func (r runawayTest) sending(length time.Duration) time.Duration {
	r.t.Helper()
	var took []time.Duration
	for end := time.Now().Add(length); time.Now().Before(end); {
		began := time.Now()
		r.send("calm")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	if *strict {
		return took[len(took)*99/100]
	}
	return took[len(took)/2]
}

// failures are the invocations of a function that have failed so far.
func (r runawayTest) failures(function string) []activity.Event {
	invoked := r.server.Host.Feed().Recent(activity.Query{Kinds: []activity.Kind{activity.Invoked}, Function: function})
	return slices.DeleteFunc(invoked, func(e activity.Event) bool { return !strings.Contains(e.Detail, "timed out") })
}

// endsInTime sends messages to a function that does not end by itself, and measures.
func (r runawayTest) endsInTime(t *testing.T, name string, idle time.Duration) {
	t.Helper()
	late, enough, allow := time.Duration(0), 2*time.Second, max(20*idle, 500*time.Millisecond)
	if *strict {
		enough, allow = 100*time.Millisecond, max(3*idle, 50*time.Millisecond)
	}
	const messages = 2
	for range messages {
		r.send(name)
	}
	took := r.sending(messages * runawayTimeout)
	want := messages
	if name == "start" {
		want-- // the instance of the deployment crashed
	}
	eventually(t, "they have timed out", func() bool { return len(r.failures(name)) == want })
	for _, e := range r.failures(name) {
		late = max(late, e.Duration-runawayTimeout)
	}
	t.Logf("ended at most %v after the deadline; SendMessage took %v, idle %v", late, took, idle)
	if late > enough || took > allow {
		t.Errorf("ended %v after the deadline; SendMessage took %v, idle %v", late, took, idle)
	}
}
