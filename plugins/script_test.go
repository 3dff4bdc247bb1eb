package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

// ordersScript decides by the body of each record, as testdata/orders does in Go.
const ordersScript = `
export const handler = async (event, context) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      if (JSON.parse(record.body).fail) batchItemFailures.push({ itemIdentifier: record.messageId });
    } catch {
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
};
`

// deployScript deploys a script and returns its runtime.
func deployScript(t *testing.T, source string, services plugins.HostServices) *plugins.Runtime {
	t.Helper()
	r := newRuntime(t, func(o *plugins.Options) { o.Services = services })
	deploy(t, r, plugins.Function{
		Name: "f", Script: []byte(source), MaxConcurrency: 1, Environment: map[string]string{"KEY": "value"}, Memory: 64 << 20,
	})
	return r
}

func TestScript(t *testing.T) {
	r := deployScript(t, ordersScript, nil)
	inv := event(`{"id":"a"}`, `{"id":"b","fail":true}`, `not JSON`)
	for range 3 {
		result, err := r.Invoke(t.Context(), "f", inv)
		if err != nil {
			t.Fatal(err)
		}
		failures, err := abi.ParseResponse(result.Response, inv.MessageIDs)
		want := []abi.BatchItemFailure{{ItemIdentifier: "message-1"}, {ItemIdentifier: "message-2"}}
		if diff := cmp.Diff(want, failures); err != nil || diff != "" {
			t.Errorf("error %v, failures %s", err, diff)
		}
	}
	if s := stats(r, "f"); s.Instances != 1 || s.Inits != 0 {
		t.Errorf("%+v", s)
	}
}

// TestScriptExports finds handlers however they are exported.
func TestScriptExports(t *testing.T) {
	for name, test := range map[string]struct{ file, source, handler string }{
		"export const":           {"a.js", `export const handler = async () => "ok";`, ""},
		"export function":        {"a.mjs", `export function handler() { return "ok"; }`, ""},
		"export default":         {"a.js", `export default async () => "ok";`, ""},
		"export default object":  {"a.js", `export default { handler: () => "ok" };`, ""},
		"module.exports.handler": {"a.js", `module.exports.handler = () => "ok";`, ""},
		"exports.handler":        {"a.cjs", `exports.handler = () => "ok";`, ""},
		"module.exports":         {"a.js", `module.exports = () => "ok";`, ""},
		"another name":           {"a.js", `export const consume = () => "ok", handler = () => "no";`, "consume"},
		"name of Lambda":         {"index.js", `export const consume = () => "ok";`, "index.consume"},
		"callback":               {"a.js", `exports.handler = (event, context, callback) => { setTimeout(() => callback(null, "ok"), 1); };`, ""},
		"TypeScript": {
			"a.ts", "interface Answer { text: string }\nenum Word { OK = 'ok' }\n" +
				"export const handler = async (): Promise<string> => ({ text: Word.OK } as Answer).text;", "",
		},
		"await at the top": {"a.js", `const word = await new Promise((r) => setTimeout(r, 5, "ok")); export const handler = () => word;`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.file)
			if err := os.WriteFile(path, []byte(test.source), 0o600); err != nil {
				t.Fatal(err)
			}
			r := newRuntime(t, nil)
			for _, f := range []plugins.Function{{Path: path}, {Script: []byte(test.source)}} {
				if f.Script != nil && test.file == "a.ts" {
					continue // a script of nobody knows whom is not translated
				}
				f.Name, f.Handler = "f", test.handler
				deploy(t, r, f)
				for range 2 {
					if got := answer(t, r, "f", "body"); got != "ok" {
						t.Errorf("response %q", got)
					}
				}
			}
		})
	}
}

// TestScriptImports bundles a script with what it imports.
func TestScriptImports(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"handler.ts":                      `import { greet } from "./lib/greet"; import data from "./data.json"; import twice from "twice"; import queuelet2, { send } from "queuelet"; export const handler = () => queuelet === queuelet2 && send === queuelet.send && greet(twice(data.name) as string);`,
		"lib/greet.ts":                    `export const greet = (name: string): string => "hello " + name;`,
		"data.json":                       `{"name": "you"}`,
		"node_modules/twice/package.json": `{"name": "twice", "main": "main.js"}`,
		"node_modules/twice/main.js":      `module.exports = (text) => text + text;`,
		"broken.ts":                       "export const handler = () => {\n  return 1 +;\n};\n",
		"lost.js":                         "import fs from 'node:fs';\nexport const handler = () => fs;\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Path: filepath.Join(dir, "handler.ts")})
	if got := answer(t, r, "f", "body"); got != "hello youyou" {
		t.Errorf("response %q", got)
	}
	for file, want := range map[string]string{
		"broken.ts": `broken.ts:2:13: Unexpected ";"`,
		"lost.js":   `lost.js:1:16: Could not resolve "node:fs"`,
		"absent.js": `absent.js`,
	} {
		_, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Path: filepath.Join(dir, file)})
		var refusal *plugins.DeployError
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", file, err, want)
		}
	}
	deploy(t, r, plugins.Function{
		Name: "g", Path: "src/handler.js",
		Script: []byte(`import { greet } from "./lib/greet.js"; import { send } from "queuelet"; export const handler = () => greet(typeof send);`),
		ScriptFiles: map[string][]byte{
			"src/lib/greet.js": []byte(`import word from "../../word"; import { mark } from "../mark"; import data from "../data.json"; export const greet = (name) => word + name + mark + data.mark;`),
			"word/index.js":    []byte(`export default "hello ";`),
			"src/mark.mjs":     []byte(`export const mark = "?";`),
			"src/data.json":    []byte(`{"mark": "!"}`),
		},
	})
	if got := answer(t, r, "g", "body"); got != "hello function?!" {
		t.Errorf("response %q", got)
	}
	for _, source := range []string{
		`import x from "./lib/greet"; export const handler = () => x;`,
		`import x from "/etc/passwd"; export const handler = () => x;`,
		`const x = await import("/etc/passwd"); export const handler = () => x;`,
		`const x = require("fs"); module.exports = () => x;`,
	} {
		_, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Path: filepath.Join(dir, "handler.ts"), Script: []byte(source)})
		if err == nil || !strings.Contains(err.Error(), "could not load module") && !strings.Contains(err.Error(), "cannot be required") {
			t.Errorf("%s: error %v", source, err)
		}
	}
	if got := answer(t, r, "f", "body"); got != "hello youyou" {
		t.Errorf("response %q", got)
	}
}

// TestScriptRefusals says what is wrong with a script, and where.
func TestScriptRefusals(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	r := newRuntime(t, func(o *plugins.Options) { o.InitTimeout = 2 * time.Second })
	for source, want := range map[string]string{
		"export const handler = () => {\n  return 1 +;\n}":                        "SyntaxError: unexpected token in expression: ';' (at f.js:2:13)",
		"export const other = 1;":                                                 "it does not export a function handler; it exports other",
		"exports.other = () => 1;":                                                "it does not export a function handler; it exports other",
		"const x = 1;":                                                            "it exports nothing",
		"export const handler = " + strings.Repeat("!", 1<<20) + "1":              "start an instance",
		"export const handler = 1;":                                               "it does not export a function handler",
		"Promise.reject(Error('lost')); export const handler = () => 1;":          "Runtime.UnhandledPromiseRejection: Error: lost",
		"throw new TypeError('at the start');\nexport const handler = 1;":         "TypeError: at the start",
		"await new Promise(() => {}); export const handler = 1;":                  "never settles",
		"for (;;) {} export const handler = 1;":                                   "timed out",
		"await new Promise((r) => setTimeout(r, 1e6)); export const handler = 1;": "timed out",
	} {
		_, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Script: []byte(source)})
		var refusal *plugins.DeployError
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", source, err, want)
		}
	}
}

// TestScriptFaults lets a script go wrong in every way. The invocation fails with the right kind of error, and the next
// one works.
func TestScriptFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector")
	}
	r := deployScript(t, `
let served = 0;
const faults = {
  throw() { throw new TypeError("asked to throw"); },
  async reject() { await null; throw new RangeError("asked to reject"); },
  string() { throw "a string"; },
  object() { throw { code: 7 }; },
  lost() { (async () => { throw new RangeError("lost"); })(); Promise.reject(new Error("second")); return "ok"; },
  later() { (async () => { for (let n = 0; n < 9; n++) await null; throw "later"; })(); return "ok"; },
  both() { Promise.reject(new Error("lost")); throw new TypeError("mine"); },
  timer() { return new Promise(() => setTimeout(() => { throw new SyntaxError("in a timer"); }, 1)); },
  task() { queueMicrotask(() => { throw new Error("in a task"); }); return "ok"; },
  never() { return new Promise(() => {}); },
  spin() { for (;;) {} },
  async jobs() { for (;;) await null; },
  timers() { return new Promise(() => setInterval(() => {}, 1)); },
  sleep() { return new Promise((r) => setTimeout(r, 1e9)); },
  regexp() { return /(a+)+$/.test("a".repeat(64) + "b"); },
  decode() { const d = new TextDecoder(), b = new Uint8Array(4 << 20); for (;;) d.decode(b); },
  recurse() { const f = () => f() + 1; return f(); },
  allocate() { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); },
  bigint() { return { a: 1n }; },
  circular() { const a = {}; a.a = a; return a; },
  big() { return "x".repeat(2 << 20); },
  log() { for (;;) console.log("x".repeat(100)); },
  toString() { throw { toString() { throw 1; }, toJSON() { throw 2; } }; },
  reenter() { return new TextEncoder().encode({ toString() { console.log("inside"); return "ok"; } }).length; },
};
export const handler = (event) => {
  const what = event.Records[0].body;
  if (what === "served") return String(++served);
  return faults[what]();
};
`, nil)
	for body, test := range map[string]struct {
		kind plugins.Kind
		text string // in the error
		keep bool   // the instance stays
	}{
		"throw":    {plugins.KindHandler, "TypeError: asked to throw", true},
		"reject":   {plugins.KindHandler, "RangeError: asked to reject", true},
		"string":   {plugins.KindHandler, "string: a string", true},
		"object":   {plugins.KindHandler, `object: {"code":7}`, true},
		"lost":     {plugins.KindHandler, "Runtime.UnhandledPromiseRejection: RangeError: lost", false},
		"later":    {plugins.KindHandler, "Runtime.UnhandledPromiseRejection: later", false},
		"both":     {plugins.KindHandler, "TypeError: mine", true},
		"timer":    {plugins.KindHandler, "SyntaxError: in a timer", false},
		"task":     {plugins.KindHandler, "failed: Error: in a task", false},
		"never":    {plugins.KindHandler, "NeverSettled: the promise of the handler never settles", true},
		"spin":     {plugins.KindTimeout, "timed out", false},
		"jobs":     {plugins.KindTimeout, "timed out", false},
		"timers":   {plugins.KindTimeout, "timed out", false},
		"sleep":    {plugins.KindTimeout, "timed out", false},
		"regexp":   {plugins.KindTimeout, "timed out", false},
		"decode":   {plugins.KindTimeout, "timed out", false},
		"log":      {plugins.KindTimeout, "timed out", false},
		"recurse":  {plugins.KindHandler, "RangeError: Maximum call stack size exceeded", true},
		"allocate": {plugins.KindHandler, "InternalError: out of memory", false},
		"bigint":   {plugins.KindHandler, "TypeError", true},
		"circular": {plugins.KindHandler, "TypeError", true},
		"big":      {plugins.KindContract, "a response of more than", false},
		"toString": {plugins.KindHandler, "an error that cannot be shown", true},
	} {
		t.Run(body, func(t *testing.T) {
			before := answer(t, r, "f", "served")
			inv := event(body)
			if test.kind == plugins.KindTimeout {
				inv.Deadline = time.Now().Add(time.Second)
			}
			_, err := r.Invoke(t.Context(), "f", inv)
			if plugins.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.text) {
				t.Errorf("kind %q, error %v; want %q and %q", plugins.KindOf(err), err, test.kind, test.text)
			}
			after := answer(t, r, "f", "served")
			if (after == "1") == test.keep || before == "" {
				t.Errorf("served %s before and %s after; instance kept: want %t", before, after, test.keep)
			}
		})
	}
	if result, err := r.Invoke(t.Context(), "f", event("reenter")); err != nil || string(result.Response) != "2" {
		t.Errorf("response %q, error %v", result.Response, err)
	}
}

// TestScriptWorld shows a script what it gets of the world.
func TestScriptWorld(t *testing.T) {
	r := deployScript(t, `
const world = {
  env: () => process.env.KEY + String(process.env.OTHER),
  context: (c) => [c.awsRequestId, c.functionName, c.memoryLimitInMB, c.getRemainingTimeInMillis() > 1000].join(),
  text: () => new TextDecoder().decode(new TextEncoder().encode("žluťoučký 🐎")),
  broken: () => new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0x62])),
  view: () => new TextDecoder().decode(new Uint8Array([0x61, 0x62, 0x63]).subarray(1)),
  base64: () => atob(btoa("hello")),
  uuid: () => String(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())
    && crypto.randomUUID() !== crypto.randomUUID()),
  random: () => String(crypto.getRandomValues(new Uint8Array(64)).some((n) => n !== 0)),
  clock: () => new Date().toISOString(),
  zone: () => String(new Date().getTimezoneOffset()),
  handled: async () => {
    const early = Promise.reject(new Error("early"));
    await null;
    early.catch(() => {});
    await Promise.all([1, Promise.reject(new Error("all"))]).catch(() => {});
    return Promise.reject("ok").catch((reason) => reason);
  },
  forgotten: () => { queuelet.send("q", "text"); return "ok"; },
  next: () => "ok",
  order: async () => {
    const seen = [];
    await new Promise((done) => {
      setTimeout(() => { seen.push("later"); done(); }, 20);
      setTimeout(() => seen.push("sooner"), 1);
      const id = setTimeout(() => seen.push("never"), 5);
      clearTimeout(id);
      queueMicrotask(() => seen.push("job"));
      seen.push("now");
    });
    return seen.join();
  },
};
export const handler = async (event, context) => world[event.Records[0].body](context);
`, nil)
	for body, want := range map[string]string{
		"handled": "ok",
		"env":     "valueundefined", "context": "request,f,64,true", "text": "žluťoučký 🐎", "broken": "a\uFFFDb", "view": "bc",
		"base64": "hello", "uuid": "true", "random": "true", "order": "now,job,sooner,later", "zone": "0",
	} {
		if got := answer(t, r, "f", body); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for _, body := range []string{"forgotten", "next"} { // which sends nothing late
		if got := answer(t, r, "f", body); got != "ok" {
			t.Errorf("%s: %q", body, got)
		}
	}
	if now, err := time.Parse(time.RFC3339, answer(t, r, "f", "clock")); err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("clock %v %v", now, err)
	}
}

// TestScriptLog logs with levels, and a failure with its stack.
func TestScriptLog(t *testing.T) {
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	deploy(t, r, plugins.Function{Name: "f", Path: "orders.js", Script: []byte(`export const handler = () => {
  console.log("hello", 1, { a: [1, null] }, undefined, new Map([[1, 2]]));
  console.log({ when: undefined, not: NaN, f() {}, big: 1n });
  console.debug("two\nlines");
  console.warn("careful"); console.error(new Error("inside"));
  throw new Error("asked to");
};`)})
	if _, err := r.Invoke(t.Context(), "f", event("body")); plugins.KindOf(err) != plugins.KindHandler {
		t.Fatal(err)
	}
	text := log.text()
	for _, want := range []string{
		`INFO hello 1 {"a":[1,null]} undefined {"Map":[[1,2]]}`, `INFO {"when":"undefined","not":"NaN","f":"[function f]","big":"1n"}`, "DEBUG two", "DEBUG lines", "WARN careful",
		"ERROR Error: inside", "ERROR Error: asked to", "ERROR     at handler (orders.js:5:",
	} {
		if !slices.ContainsFunc(text, func(line string) bool {
			return strings.HasPrefix(line, want) && strings.Contains(line, "request_id=request")
		}) {
			t.Errorf("%q is not logged: %q", want, text)
		}
	}
}

// TestScriptPlaces names places in the author's own files, not in the bundle that is made of them.
func TestScriptPlaces(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"handler.ts": `import { check } from "./lib/check";

interface Order { id: number }

export const handler = async (event: { Records: { body: string }[] }): Promise<string> => {
  const order: Order = { id: 1 };
  try {
    check(order);
  } catch (error) {
    console.error("caught", error);
    return (error as Error).cause === undefined ? "" : await Promise.reject(error);
  }
  return "ok";
};
`,
		"lib/check.ts": `type Checked = unknown;

export function check(order: Checked): void {
  const cause = new RangeError("the first");
  throw new TypeError("the second", { cause });
}
`,
		"lost.ts": `import { check } from "./lib/check";
export const handler = () => { (async () => check(1))(); };
`,
		"start.ts": `import { check } from "./lib/check";

check(1);
export const handler = 1;
`,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	log := newRecorder()
	r := newRuntime(t, func(o *plugins.Options) { o.Logger = slog.New(log) })
	for file, want := range map[string][]string{
		"handler.ts": {
			"ERROR caught TypeError: the second", "ERROR     at check (lib/check.ts:5:", "ERROR     at handler (handler.ts:8:",
			"ERROR   cause: RangeError: the first", "ERROR     at check (lib/check.ts:4:",
		},
		"lost.ts": {
			"ERROR Runtime.UnhandledPromiseRejection: TypeError: the second", "ERROR     at check (lib/check.ts:5:", "ERROR     at handler (lost.ts:2:",
		},
	} {
		deploy(t, r, plugins.Function{Name: file, Path: filepath.Join(dir, file)})
		if _, err := r.Invoke(t.Context(), file, event("body")); plugins.KindOf(err) != plugins.KindHandler {
			t.Error(err)
		}
		text := log.text()
		for _, line := range want {
			if !slices.ContainsFunc(text, func(logged string) bool { return strings.HasPrefix(logged, line) }) {
				t.Errorf("%s: %q is not logged: %q", file, line, text)
			}
		}
		for _, line := range text {
			if strings.Contains(line, "bundle:") || strings.Contains(line, "(queuelet:") {
				t.Errorf("%s: %q is logged", file, line)
			}
		}
	}
	_, err := r.Deploy(t.Context(), plugins.Function{Name: "f", Path: filepath.Join(dir, "start.ts")})
	if err == nil || !strings.Contains(err.Error(), "TypeError: the second (at check (lib/check.ts:5:") {
		t.Error(err)
	}
}

// TestScriptLateReply gives no event the reply of another one.
func TestScriptLateReply(t *testing.T) {
	r := deployScript(t, `
let late;
const steps = {
  first: () => new Promise((resolve) => { late = resolve; }),
  second: () => { late("first"); return new Promise((resolve) => setTimeout(resolve, 5, "second")); },
};
export const handler = (event) => steps[event.Records[0].body]();
`, nil)
	if _, err := r.Invoke(t.Context(), "f", event("first")); err == nil || !strings.Contains(err.Error(), "NeverSettled") {
		t.Error(err)
	}
	if got := answer(t, r, "f", "second"); got != "second" {
		t.Errorf("response %q", got)
	}
}

// desk is a host with all operations, which remembers what it was asked.
type desk struct {
	mu    sync.Mutex
	asked []string
	most  int // operations at a time
	now   int
	met   chan struct{} // closed when 16 operations that meet are there
	meet  sync.Once
}

func (d *desk) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[len(d.asked)-1]
}

func (d *desk) Call(ctx context.Context, _ plugins.Caller, operation string, request []byte) ([]byte, error) {
	header, body, err := abi.SplitFrame(request)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.now++
	d.most = max(d.most, d.now)
	d.asked = append(d.asked, fmt.Sprintf("%s %s %s", operation, header, body))
	meets := strings.Contains(string(header), "meet")
	if meets && d.now == 16 {
		d.meet.Do(func() { close(d.met) })
	}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.now--
	}()
	if strings.Contains(string(header), "slow") {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if meets {
		<-d.met
	}
	answers := map[string]struct {
		header any
		body   string
	}{
		abi.OpQueueSend:      {abi.SendResponse{SendResult: abi.SendResult{MessageID: "id"}}, ""},
		abi.OpQueueSendBatch: {abi.SendBatchResponse{Successful: []abi.SendSuccess{{ID: "0"}}}, ""},
		abi.OpKVGet:          {abi.RevisionResponse{Revision: 7}, `{"n":1}`},
		abi.OpKVPut:          {abi.RevisionResponse{Revision: 8}, ""},
		abi.OpKVKeys:         {abi.KeysResponse{Keys: []string{"a", "b"}}, ""},
		abi.OpNATSRequest:    {abi.ReplyResponse{}, "reply"},
		abi.OpHTTPFetch:      {abi.FetchResponse{Status: 404, URL: "https://example.com/", Headers: map[string][]string{"X-Many": {"1", "2"}}}, "[1]"},
		abi.OpConfigGet:      {struct{}{}, "configured"},
		abi.OpSecretGet:      {struct{}{}, "secret"},
	}
	switch {
	case strings.Contains(string(header), "missing"):
		return nil, fmt.Errorf("kv: %w", abi.NotFound)
	case strings.Contains(string(header), "refused"):
		answer, err := json.Marshal(abi.SendResponse{Error: &abi.OperationError{Code: "QueueDoesNotExist", Message: "no such queue"}})
		return abi.AppendFrame(nil, answer, nil), err
	case operation == abi.OpKVUpdate:
		return nil, abi.Conflict
	}
	answer, ok := answers[operation]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(answer.header)
	return abi.AppendFrame(nil, text, []byte(answer.body)), err
}

// TestScriptOperations asks the host for everything.
func TestScriptOperations(t *testing.T) {
	d := &desk{met: make(chan struct{})}
	r := deployScript(t, `
const operations = {
  send: async () => (await queuelet.send("q", "text", { delaySeconds: 3 })).messageId,
  json: async () => (await queuelet.send("q", { a: 1 })).messageId,
  refused: () => queuelet.send("refused", "text"),
  batch: async () => (await queuelet.sendBatch("q", [{ body: "ž" }, { body: "b", delaySeconds: 1 }])).successful[0].id,
  extend: (record) => queuelet.extend(record, 60),
  publish: () => queuelet.publish("subject", new Uint8Array([65, 66])),
  request: async () => (await queuelet.request("subject", "text")).text(),
  get: async () => { const v = await queuelet.kv.get("key"); return v.revision + v.json().n; },
  missing: async () => String(await queuelet.kv.get("missing")),
  put: () => queuelet.kv.put("key", "value"),
  conflict: () => queuelet.kv.update("key", "value", 3),
  keys: async () => (await queuelet.kv.keys("a")).join(),
  config: () => queuelet.config("name"),
  secret: () => queuelet.secret("name"),
  metric: () => queuelet.metric("orders_total", 2),
  fetch: async () => {
    const r = await fetch("https://example.com", { method: "post", headers: { "X-Name": "value" }, body: "text" });
    return [r.status, r.ok, r.redirected, r.headers.get("x-many"), (await r.json())[0]].join(" ");
  },
  raw: async () => (await queuelet.call("config.get", { name: "x" })).body.length,
  unknown: () => queuelet.call("queue.destroy"),
  many: async () => {
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => queuelet.send("meet" + n, "text")));
    return all.filter((r) => r.messageId === "id").length;
  },
  left: () => { queuelet.send("slow", "text"); return "left"; },
  wait: () => queuelet.send("slow", "text"),
};
export const handler = async (event) => String(await operations[event.Records[0].body](event.Records[0]));
`, d)
	for _, test := range []struct{ body, asked, want string }{
		{"send", `queue.send {"delaySeconds":3,"queue":"q"} text`, "id"},
		{"json", `queue.send {"queue":"q"} {"a":1}`, "id"},
		{"batch", `queue.send_batch {"queue":"q","entries":[{"id":"0","size":2},{"delaySeconds":1,"id":"1","size":1}]} žb`, "0"},
		{"extend", `queue.extend {"receiptHandle":"handle","visibilityTimeout":60} `, "undefined"},
		{"publish", `nats.publish {"subject":"subject"} AB`, "undefined"},
		{"request", `nats.request {"subject":"subject"} text`, "reply"},
		{"get", `kv.get {"key":"key"} `, "8"},
		{"missing", `kv.get {"key":"missing"} `, "null"},
		{"put", `kv.put {"key":"key"} value`, "8"},
		{"keys", `kv.keys {"prefix":"a"} `, "a,b"},
		{"config", `config.get {"name":"name"} `, "configured"},
		{"secret", `secret.get {"name":"name"} `, "secret"},
		{"metric", `metrics.add {"name":"orders_total","value":2} `, "undefined"},
		{"fetch", `http.fetch {"url":"https://example.com","method":"POST","headers":{"x-name":["value"]}} text`, "404 false true 1, 2 1"},
		{"raw", `config.get {"name":"x"} `, "10"},
		{"left", `queue.send {"queue":"slow"} text`, "left"},
	} {
		if got := answer(t, r, "f", test.body); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
		eventually(t, func() bool { // what is left behind may be asked after the answer
			asked := d.last()
			t.Logf("%s: asked %s, want %s", test.body, asked, test.asked)
			return asked == test.asked
		})
	}
	if got := answer(t, r, "f", "many"); got != "100" || d.most != 16 {
		t.Errorf("%s of 100 sent, %d at a time", got, d.most)
	}
	for body, want := range map[string]string{
		"conflict": "QueueletError: kv.update: changed by somebody else",
		"refused":  "QueueletError: queue.send: no such queue",
		"unknown":  "QueueletError: queue.destroy: unknown operation",
	} {
		if _, err := r.Invoke(t.Context(), "f", event(body)); plugins.KindOf(err) != plugins.KindHandler || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", body, err, want)
		}
	}
	inv := event("wait")
	inv.Deadline = time.Now().Add(200 * time.Millisecond)
	if _, err := r.Invoke(t.Context(), "f", inv); plugins.KindOf(err) != plugins.KindTimeout {
		t.Errorf("error %v", err)
	}
}

// TestScriptDenied rejects what is not granted.
func TestScriptDenied(t *testing.T) {
	r := deployScript(t, `export const handler = async () => {
  const codes = [];
  for (const run of [() => queuelet.send("q", "x"), () => fetch("https://example.com"), () => queuelet.kv.get("k"), () => queuelet.publish("s")]) {
    try { await run(); } catch (error) { codes.push(error.code); }
  }
  return codes.join();
};`, nil)
	if got := answer(t, r, "f", "body"); got != "Denied,Denied,Denied,Denied" {
		t.Errorf("codes %s", got)
	}
}
