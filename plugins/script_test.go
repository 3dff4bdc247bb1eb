package plugins_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
