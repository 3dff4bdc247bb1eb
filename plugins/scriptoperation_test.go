package plugins_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/plugins"
	"github.com/queuelet/queuelet/plugins/abi"
)

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
