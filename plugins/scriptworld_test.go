package plugins_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins"
)

// TestScriptNode compares what expressions of scripts are with what they are in Node.js.
func TestScriptNode(t *testing.T) {
	r := deployScript(t, `
import { createHash as hashOf } from "node:crypto";
import events from "events";
globalThis.tools = { hashOf, events };
export const handler = async (event) => {
  try {
    const value = await (0, eval)(event.Records[0].body);
    return typeof value === "string" ? value : JSON.stringify(value) ?? "undefined";
  } catch (error) {
    return error.name + ": " + error.message;
  }
};
`, nil)
	for expression, want := range map[string]string{
		`new TypeError("m").stack.split("\n")[0]`: "TypeError: m",
		`global === globalThis`:                   "true",
		`process.env.NEW = 1, process.env.NEW`:    "1",
		`typeof setTimeout(() => {}, 1).unref()`:  "object",
		`new Promise((r) => { const t = setInterval(() => { clearInterval(t); r("once"); }, 1); })`: "once",
		`new Promise((r) => process.nextTick(r, "next"))`:                                           "next",

		`new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65]))`:                                                                             "A",
		`new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([65, 0xff]))`:                                                                 "TypeError: The encoded data was not valid for encoding utf-8",
		`new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([65]))`:                                                                       "A",
		`new TextEncoder().encodeInto("až", new Uint8Array(2))`:                                                                                        `{"read":1,"written":1}`,
		`[...structuredClone(new Map([[1, { a: new Set([2]) }]])).get(1).a]`:                                                                           "[2]",
		`(() => { const a = { b: [1] }; a.self = a; const c = structuredClone(a); return c !== a && c.self === c && c.b[0] === 1 && c.b !== a.b; })()`: "true",
		`structuredClone(new Date(5)).getTime()`:                                                                                                       "5",
		`structuredClone(new Uint16Array([1, 2]).subarray(1))`:                                                                                         `{"0":2}`,
		`structuredClone(new RangeError("r")).name`:                                                                                                    "RangeError",
		`structuredClone(() => 1)`:                                                                                                                     "DataCloneError: () => 1 could not be cloned.",

		`new URL("../b/./c?q=1#f", "https://user:pw@Example.COM:443/a/x/y").href`:                                                                       "https://user:pw@example.com/a/b/c?q=1#f",
		`new URL("https://example.com:8080/ž e?a=ž b").href`:                                                                                            "https://example.com:8080/%C5%BE%20e?a=%C5%BE%20b",
		`["protocol", "host", "hostname", "port", "pathname", "search", "hash", "origin"].map((n) => new URL("http://[::1]:81/p?q#h")[n])`:              `["http:","[::1]:81","[::1]","81","/p","?q","#h","http://[::1]:81"]`,
		`(() => { const u = new URL("https://a.b/c"); u.searchParams.set("x", "1 2"); u.pathname = "d"; u.port = 99; u.hash = "h"; return u.href; })()`: "https://a.b:99/d?x=1+2#h",
		`new URL("//c.d/e", "https://a.b").href`:                                                                                                        "https://c.d/e",
		`new URL("mailto:a@b").pathname`:                                                                                                                "a@b",
		`new URL("/relative")`:                                                                                                                          "TypeError: Invalid URL",
		`URL.canParse("http://a b")`:                                                                                                                    "false",
		`new URL("http://a.b").toJSON()`:                                                                                                                "http://a.b/",
		`[...new URLSearchParams("?a=1&b=%C5%BE+x&a=3&c")]`:                                                                                             `[["a","1"],["b","ž x"],["a","3"],["c",""]]`,
		`new URLSearchParams({ a: "ž&=", b: "x y" }).toString()`:                                                                                        "a=%C5%BE%26%3D&b=x+y",
		`new URLSearchParams([["b", 2], ["a", 1]]).getAll("b")`:                                                                                         `["2"]`,
		`(() => { const p = new URLSearchParams("b=1&a=2&b=3"); p.sort(); p.delete("a"); return p.size + p.toString(); })()`:                            "2b=1&b=3",

		`Buffer.from("žluť").toString("hex")`:                    "c5be6c75c5a5",
		`Buffer.from("c5be6c75zz", "hex").toString()`:            "žlu",
		`Buffer.from("-_-_", "base64").toString("base64url")`:    "-_-_",
		`Buffer.from("aGk=", "base64").toString("latin1")`:       "hi",
		`Buffer.from("é", "latin1").length`:                      "1",
		`Buffer.from("hi", "utf16le").toString("hex")`:           "68006900",
		`Buffer.concat([Buffer.from("a"), Buffer.from([98])])`:   `{"type":"Buffer","data":[97,98]}`,
		`Buffer.alloc(3, "ab").toString()`:                       "aba",
		`Buffer.from("hello").subarray(1, 3).toString()`:         "el",
		`Buffer.from("hello").indexOf("lo")`:                     "3",
		`Buffer.byteLength("ž")`:                                 "2",
		`Buffer.isBuffer(Buffer.from(new ArrayBuffer(2), 1, 1))`: "true",
		`(() => { const b = Buffer.alloc(6); b.writeUInt32BE(0x01020304, 1); return b.readUInt16LE(1) + "," + b.toString("hex"); })()`: "513,000102030400",
		`Buffer.from("x", "no")`: "TypeError: Unknown encoding: no",

		`tools.hashOf("sha256").update("a").update(Buffer.from("bc")).digest("hex")`:                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		`tools.hashOf("md5").update("abc").digest("base64")`:                                         "kAFQmDzST7DWlj99KOF/cg==",
		`require("node:crypto").createHmac("sha256", "key").update("abc").digest("hex")`:             "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab",
		`require("crypto").createHash("sha-512").update("").digest().length`:                         "64",
		`require("crypto").createHash("none")`:                                                       "Error: Digest method not supported: none",
		`require("crypto").randomBytes(5).length`:                                                    "5",
		`require("crypto").timingSafeEqual(Buffer.from("a"), Buffer.from("a"))`:                      "true",
		`crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc")).then((d) => d.byteLength)`: "32",
		`require("fs")`: `Error: "fs" cannot be required: bundle the function into one file first`,

		`(() => { const e = new tools.events(), seen = []; e.on("x", (v) => seen.push(v)); e.once("x", (v) => seen.push(-v)); e.emit("x", 1); e.emit("x", 2); return seen; })()`: "[1,-1,2]",
		`require("timers/promises").setTimeout(2, "slept")`:                      "slept",
		`require("util").promisify((a, done) => done(null, a + 1))(1)`:           "2",
		`require("util").format("%s is %d%% of %j", "a", "5", { b: 1 }, "more")`: `a is 5% of {"b":1} more`,
		`(() => { const c = new AbortController(); let n = 0; c.signal.addEventListener("abort", () => n++); c.abort(); c.abort("again"); return [n, c.signal.aborted, c.signal.reason.name]; })()`: `[1,true,"AbortError"]`,
		`new Promise((r) => { AbortSignal.timeout(2).onabort = () => r("aborted"); })`:                                                                                                              "aborted",
		`AbortSignal.any([AbortSignal.abort("why"), new AbortController().signal]).reason`:                                                                                                          "why",
		`fetch("https://example.com/", { signal: AbortSignal.abort() })`:                                                                                                                            "AbortError: This operation was aborted",
	} {
		if got := answer(t, r, "f", expression); got != want {
			t.Errorf("%s\nis   %s\nwant %s", expression, got, want)
		}
	}
}

// TestScriptContext calls back in all of Lambda's ways.
func TestScriptContext(t *testing.T) {
	for source, want := range map[string]string{
		`exports.handler = (event, context, callback) => { setTimeout(callback, 1, null, "called back"); };`:     "called back",
		`exports.handler = (event, context, callback) => { console.log("nothing"); };`:                           "",
		`exports.handler = (event, context) => { context.succeed("succeeded"); return new Promise(() => {}); };`: "succeeded",
		`exports.handler = (event, context) => { context.done(null, "done"); return new Promise(() => {}); };`:   "done",
	} {
		r := newRuntime(t, nil)
		deploy(t, r, plugins.Function{Name: "f", Script: []byte(source)})
		result, err := r.Invoke(t.Context(), "f", event("body"))
		if got := strings.Trim(string(result.Response), `"`); err != nil || got != want {
			t.Errorf("%s\nresponse %q, error %v", source, got, err)
		}
	}
	r := newRuntime(t, nil)
	deploy(t, r, plugins.Function{Name: "f", Script: []byte(`exports.handler = (event, context, callback) => callback("refused");`)})
	if _, err := r.Invoke(t.Context(), "f", event("body")); err == nil || !strings.Contains(err.Error(), "string: refused") {
		t.Error(err)
	}
}
