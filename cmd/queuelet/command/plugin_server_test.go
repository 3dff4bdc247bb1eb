package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/hosttest"
	"github.com/queuelet/queuelet/plugins/abi"
	as "github.com/queuelet/queuelet/plugins/rewrite/assemble"
)

// echoModule writes a module that logs a text and replies with its event.
func echoModule(t *testing.T, dir, text string) string {
	t.Helper()
	const eventAt = 1 << 16
	m := &as.Module{}
	read := m.Import(abi.Module, abi.ImportEventRead, as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}})
	reply := m.Import(abi.Module, abi.ImportEventReply, as.Type{Params: []byte{as.I32, as.I32}, Results: []byte{as.I32}})
	log := m.Import(abi.Module, abi.ImportLog, as.Type{Params: []byte{as.I32, as.I32, as.I32}})
	m.Memory(4, -1)
	m.Data(8, []byte(text))
	m.Func(abi.ExportHandle, as.Type{Params: []byte{as.I32}, Results: []byte{as.I32}}, nil,
		as.I32Const(2), as.I32Const(8), as.I32Const(int32(len(text))), as.Call(log),
		as.I32Const(eventAt), as.I32Const(1<<17), as.Call(read), as.Drop,
		as.I32Const(eventAt), as.Get(0), as.Call(reply), as.Drop, as.I32Const(0))
	path := filepath.Join(dir, strings.ReplaceAll(text, " ", "-")+".wasm")
	if err := os.WriteFile(path, m.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ran is what a command came to.
type ran struct {
	code        int
	out, errors string
}

// against returns how to run commands that ask a server.
func against(t *testing.T, endpoint string) func(args ...string) ran {
	return func(args ...string) ran {
		t.Helper()
		var out, errors strings.Builder
		code := Run(t.Context(), IO{
			Stdin: strings.NewReader(`{"from": "stdin"}`), Stdout: &out, Stderr: &errors, Environ: []string{"QUEUELET_ENDPOINT=" + endpoint},
		}, append([]string{"plugin"}, args...))
		return ran{code, out.String(), errors.String()}
	}
}

// TestPluginCommands takes a function through its life.
func TestPluginCommands(t *testing.T) {
	server := hosttest.Start(t, hosttest.Config("queues: [{name: work}, {name: more}]"))
	run := against(t, server.URL())
	dir := t.TempDir()
	expect := func(got ran, code int, parts ...string) {
		t.Helper()
		if got.code != code {
			t.Errorf("exit code %d, want %d: %s%s", got.code, code, got.out, got.errors)
		}
		for _, part := range parts {
			if !strings.Contains(got.out+got.errors, part) {
				t.Errorf("it does not print %q:\n%s%s", part, got.out, got.errors)
			}
		}
	}
	expect(run("deploy", "orders", echoModule(t, dir, "first"), "--queue", "work,more", "--publish", "--env", "STAGE=test", "--memory", "64"), ExitDone, "orders is deployed in", "version 1")
	expect(run("deploy", "orders", echoModule(t, dir, "second"), "--publish", "--queue", "work"), ExitDone, "version 2")
	expect(run("ls"), ExitDone, "orders", "active", "64 MiB", "30 s", "work", "more")
	expect(run("invoke", "orders", "--event", `{"a": 1}`), ExitDone, `{"a": 1}`, "second", "REPORT RequestId")
	expect(run("invoke", "orders", "--event", "-"), ExitDone, `{"from": "stdin"}`)
	expect(run("invoke", "orders", "--body", "x", "--body", "y"), ExitDone, `"body":"y"`)
	expect(run("rollback", "orders"), ExitDone, "orders is version 1 again")
	expect(run("invoke", "orders", "--qualifier", "2"), ExitDone, "second")
	expect(run("invoke", "orders", "--dry-run"), ExitDone)
	expect(run("invoke", "orders", "--async"), ExitDone)
	expect(run("logs", "orders", "-n", "2"), ExitDone, "ok", "    second")
	expect(run("pause", "orders", "--queue", "work"), ExitDone, "work → orders is paused")
	expect(run("ls"), ExitDone, "(disabled)")
	expect(run("resume", "orders"), ExitDone, "more → orders is resumed", "work → orders is resumed")

	var functions []struct {
		FunctionName string
		Mappings     []struct{ EventSourceArn string }
	}
	if err := json.Unmarshal([]byte(run("ls", "--json").out), &functions); err != nil || len(functions) != 1 || len(functions[0].Mappings) != 2 {
		t.Errorf("the list for programs is %+v, %v", functions, err)
	}
	var result struct{ Reply, Log any }
	if err := json.Unmarshal([]byte(run("invoke", "orders", "--json", "--event", "[1]").out), &result); err != nil || result.Reply == nil {
		t.Errorf("the result for programs is %+v, %v", result, err)
	}

	greeter := filepath.Join(dir, "greeter.ts")
	for name, source := range map[string]string{
		greeter:                        "import { greeting } from './words';\nexport const handler = async (event: { who: string }) => greeting + event.who;\n",
		filepath.Join(dir, "words.ts"): "export const greeting: string = 'hello ';\n",
	} {
		if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect(run("deploy", "greeter", greeter), ExitDone, "greeter is deployed")
	role := "arn:aws:iam::000000000000:role/worker"
	expect(run("deploy", "greeter", greeter, "--role", role, "--json"), ExitDone, `"Role": "`+role+`"`)
	expect(run("invoke", "greeter", "--event", `{"who": "world"}`), ExitDone, `"hello world"`)

	expect(run("invoke", "nobody"), ExitNotFound, "queuelet: Function not found", "Try: queuelet plugin ls")
	expect(run("pause", "orders", "--queue", "none"), ExitNotFound, "no such queue feeds orders")
	expect(run("rollback", "orders", "--to", "9"), ExitNotFound)
	expect(run("deploy", "orders", filepath.Join(dir, "absent.wasm")), ExitUsage, "Try: ")
	expect(run("deploy", "orders"), ExitUsage, "Try: queuelet plugin deploy orders orders.wasm")
	expect(run("deploy", "other", echoModule(t, dir, "third"), "--queue", "nowhere"), ExitFailed, "NonExistentQueue")
	expect(run("invoke"), ExitUsage, "Try: queuelet plugin invoke orders")
	expect(run("ls", "--endpoint", "http://127.0.0.1:1"), ExitUnreachable, "Try: queuelet serve")
	expect(run("ls", "--endpoint", "127.0.0.1"), ExitUsage, "Try: ")
	expect(run("ls", "--endpoint", "http://example.org"), ExitUsage, "there is no key to sign with")
}
