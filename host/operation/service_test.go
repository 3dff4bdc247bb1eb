package operation_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/plugins/abi"
)

// everything grants all there is, but nothing on the network.
func everything() operation.Grants {
	return operation.Grants{
		Queues: []string{"*"}, Extend: true, Publish: []string{">"}, Request: []string{">"}, KeyValue: 1 << 20, HTTP: []string{"127.0.0.1:1"},
		Config: map[string]string{"RATE": "5"}, Secrets: map[string]string{"TOKEN": "hush"}, Metrics: true,
	}
}

var operations = []string{
	abi.OpQueueSend, abi.OpQueueSendBatch, abi.OpQueueExtend, abi.OpNATSPublish, abi.OpNATSRequest, abi.OpKVGet, abi.OpKVPut, abi.OpKVCreate,
	abi.OpKVUpdate, abi.OpKVDelete, abi.OpKVKeys, abi.OpHTTPFetch, abi.OpConfigGet, abi.OpSecretGet, abi.OpMetricsAdd,
}

func TestNothingIsGrantedAtFirst(t *testing.T) {
	s := newStage(t, nil)
	for _, grant := range []func(){func() {}, func() { s.grant(operation.Grants{}) }, func() { s.grant(everything()); s.Revoke(function) }} {
		grant()
		for _, name := range operations {
			_, err := s.callText(s.invocation(operation.Invocation{}), name, "{}", "", nil)
			want(t, name, err, abi.Denied, "is not granted")
		}
	}
	s.grant(everything())
	_, err := s.callText(s.invocation(operation.Invocation{}), "queue.purge", "{}", "", nil)
	want(t, "unknown", err, abi.Unknown, `no operation "queue.purge"`)
}

// TestBeforeTheFirstEvent asks while a guest gets ready: only what does nothing is possible.
func TestBeforeTheFirstEvent(t *testing.T) {
	s := newStage(t, nil)
	s.grant(everything())
	for _, name := range operations {
		_, err := s.callText(t.Context(), name, `{"name":"RATE"}`, "", nil)
		switch name {
		case abi.OpConfigGet:
			want(t, name, err, abi.OK, "")
		case abi.OpSecretGet:
			want(t, name, err, abi.NotFound, "")
		default:
			want(t, name, err, abi.Invalid, "only while an event is worked on")
		}
	}
}

func TestConfigAndSecrets(t *testing.T) {
	s := newStage(t, nil)
	s.grant(everything())
	ctx := s.invocation(operation.Invocation{})
	for _, test := range []struct{ op, name, value string }{{abi.OpConfigGet, "RATE", "5"}, {abi.OpSecretGet, "TOKEN", "hush"}} {
		if value, err := s.call(ctx, test.op, abi.NameRequest{Name: test.name}, "", nil); value != test.value || err != nil {
			t.Errorf("%s: %q %v", test.name, value, err)
		}
	}
	for op, name := range map[string]string{abi.OpConfigGet: "TOKEN", abi.OpSecretGet: "RATE"} {
		_, err := s.call(ctx, op, abi.NameRequest{Name: name}, "", nil)
		want(t, op+" of the other", err, abi.NotFound, name)
	}
	if strings.Contains(s.log.String(), "hush") {
		t.Errorf("the log shows a secret: %s", s.log.String())
	}
}

func TestKeys(t *testing.T) {
	s := newStage(t, nil)
	s.grant(everything())
	ctx := s.invocation(operation.Invocation{})
	key := func(op, key string, revision uint64, value string) (uint64, string, error) {
		var answer abi.RevisionResponse
		into := any(&answer)
		if op == abi.OpKVDelete {
			into = nil
		}
		body, err := s.call(ctx, op, abi.KeyRequest{Key: key, Revision: revision}, value, into)
		return answer.Revision, body, err
	}
	_, _, err := key(abi.OpKVGet, "a", 0, "")
	want(t, "get nothing", err, abi.NotFound, `no key "a"`)
	first, _, err := key(abi.OpKVCreate, "a", 0, "one")
	want(t, "create", err, abi.OK, "")
	_, _, err = key(abi.OpKVCreate, "a", 0, "two")
	want(t, "create again", err, abi.Conflict, "another revision")
	second, _, err := key(abi.OpKVUpdate, "a", first, "two")
	want(t, "update", err, abi.OK, "")
	_, _, err = key(abi.OpKVUpdate, "a", first, "three")
	want(t, "update from an old revision", err, abi.Conflict, "another revision")
	_, _, err = key(abi.OpKVUpdate, "a", 0, "three")
	want(t, "update without a revision", err, abi.Invalid, "no revision")
	if revision, value, err := key(abi.OpKVGet, "a", 0, ""); value != "two" || revision != second || err != nil {
		t.Errorf("%q, revision %d, %v", value, revision, err)
	}
	_, _, err = key(abi.OpKVDelete, "a", first, "")
	want(t, "delete an old revision", err, abi.Conflict, "another revision")
	_, _, err = key(abi.OpKVDelete, "a", second, "")
	want(t, "delete", err, abi.OK, "")
	_, _, err = key(abi.OpKVDelete, "a", 0, "")
	want(t, "delete nothing", err, abi.OK, "")
	if _, _, err = key(abi.OpKVCreate, "a", 0, "again"); err != nil {
		t.Errorf("create after a delete: %v", err)
	}
	for _, name := range []string{"", ".", ".a", "a.", "a..b", "a b", "*", ">", "a.>", "ä", "a\x00", strings.Repeat("x", 257)} {
		_, _, err := key(abi.OpKVPut, name, 0, "")
		want(t, name, err, abi.Invalid, "is no key")
	}
	_, _, err = key(abi.OpKVPut, "big", 0, strings.Repeat("x", 1<<20+1))
	want(t, "big", err, abi.TooBig, "a body of")

	for _, name := range []string{"b.2", "b.1", "b", "c"} {
		if _, _, err := key(abi.OpKVPut, name, 0, strings.Repeat("x", 100<<10)); err != nil {
			t.Fatal(err)
		}
	}
	var keys abi.KeysResponse
	_, err = s.call(ctx, abi.OpKVKeys, abi.KeysRequest{}, "", &keys)
	if d := cmp.Diff([]string{"a", "b", "b.1", "b.2", "c"}, keys.Keys); d != "" || err != nil {
		t.Error(d, err)
	}
	_, err = s.call(ctx, abi.OpKVKeys, abi.KeysRequest{Prefix: "b"}, "", &keys)
	if d := cmp.Diff([]string{"b.1", "b.2"}, keys.Keys); d != "" || err != nil {
		t.Error(d, err)
	}
	_, err = s.call(ctx, abi.OpKVKeys, abi.KeysRequest{Prefix: "b."}, "", nil)
	want(t, "prefix", err, abi.Invalid, "is no prefix")
	_, _, err = key(abi.OpKVPut, "full", 0, strings.Repeat("x", 900<<10))
	want(t, "over the quota", err, abi.Limit, "the bucket is full")

	// A function of another name has a bucket of its own.
	if err := s.Grant("g", account, everything()); err != nil {
		t.Fatal(err)
	}
	_, err = s.Call(ctx, operation.Caller{Function: "g"}, abi.OpKVGet, abi.AppendFrame(nil, []byte(`{"key":"a"}`), nil))
	want(t, "another function's key", err, abi.NotFound, "")
}

func TestCounters(t *testing.T) {
	s := newStage(t, nil)
	s.grant(everything())
	ctx := s.invocation(operation.Invocation{})
	for range 2 {
		if _, err := s.call(ctx, abi.OpMetricsAdd, abi.MetricRequest{Name: "orders", Value: 1.5}, "", nil); err != nil {
			t.Fatal(err)
		}
		s.grant(everything()) // counters outlive a reload
	}
	if got := s.metric("queuelet_function_custom_total", map[string]string{"function": function, "counter": "orders"}); got != 3 {
		t.Errorf("counter %v", got)
	}
	for name, value := range map[string]float64{"": 1, "9": 1, "a-b": 1, strings.Repeat("x", 65): 1, "negative": -1, "huge": math.MaxFloat64} {
		_, err := s.call(ctx, abi.OpMetricsAdd, abi.MetricRequest{Name: name, Value: value}, "", nil)
		if name == "huge" {
			want(t, name, err, abi.OK, "")
			continue
		}
		want(t, name, err, abi.Invalid, "")
	}
	_, err := s.callText(ctx, abi.OpMetricsAdd, `{"name":"x","value":1e999}`, "", nil)
	want(t, "infinite", err, abi.Invalid, "")
	for n := range 98 {
		if _, err := s.call(ctx, abi.OpMetricsAdd, abi.MetricRequest{Name: fmt.Sprintf("c%d", n)}, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.call(ctx, abi.OpMetricsAdd, abi.MetricRequest{Name: "more"}, "", nil)
	want(t, "too many counters", err, abi.Limit, "100 counters")
	s.Revoke(function)
	if got := s.metric("queuelet_function_custom_total", map[string]string{"function": function, "counter": "orders"}); got != -1 {
		t.Errorf("the counter of a function that is gone is %v", got)
	}
}

// metric returns the value of a series, -1 when there is none.
func (s *stage) metric(name string, labels map[string]string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			got := map[string]string{}
			for _, l := range m.GetLabel() {
				got[l.GetName()] = l.GetValue()
			}
			if family.GetName() == name && cmp.Equal(labels, got) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// hostile are frames that no honest guest sends.
func hostile() map[string][]byte {
	frame := func(header string) []byte { return abi.AppendFrame(nil, []byte(header), nil) }
	return map[string][]byte{
		"one byte":            {1},
		"length past the end": {3, 0, 0, 0, '{', '}'},
		"2^31-1":              {0xff, 0xff, 0xff, 0x7f, '{', '}'},
		"2^32-1":              {0xff, 0xff, 0xff, 0xff, '{', '}'},
		"no JSON":             frame("hello"),
		"half a JSON":         frame(`{"queue":"q`),
		"two":                 frame(`{}{}`),
		"more behind it":      frame(`{} x`),
		"array":               frame(`[]`),
		"number":              frame(`1e99`),
		"deep arrays":         frame(`{"queue":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + "}"),
		"deep objects":        frame(strings.Repeat(`{"queue":`, 30_000)),
		"unknown field":       frame(`{"unknown":1}`),
		"wrong types":         frame(`{"queue":{},"subject":[],"key":1,"url":true,"name":{}}`),
		"zero bytes":          frame("\x00\x00\x00\x00"),
		"not UTF-8":           frame("{\"\xff\xfe\":1}"),
	}
}

// TestHostileFrames are refused by every operation, and nothing else happens.
func TestHostileFrames(t *testing.T) {
	s := newStage(t, nil)
	s.create("q")
	s.grant(everything())
	for _, name := range operations {
		for what, frame := range hostile() {
			_, err := s.Call(s.invocation(operation.Invocation{}), operation.Caller{Function: function}, name, frame)
			var errno abi.Errno
			if !errors.As(err, &errno) || errno != abi.Invalid && errno != abi.TooBig {
				t.Errorf("%s with %s: %v", name, what, err)
			}
		}
		_, err := s.callText(s.invocation(operation.Invocation{}), name, `{"x":"`+strings.Repeat("x", 3<<20)+`"}`, "", nil)
		want(t, name+" with a huge header", err, abi.TooBig, "a header of")
		_, err = s.callText(s.invocation(operation.Invocation{}), name, `{}`, strings.Repeat("x", 5<<20), nil)
		want(t, name+" with a huge body", err, abi.TooBig, "a body of")
	}
	if err := s.store.Err(); err != nil {
		t.Error(err)
	}
}

// TestFloodMeetsItsLimit calls more often than an invocation may. The next one, and other functions, may go on.
func TestFloodMeetsItsLimit(t *testing.T) {
	s := newStage(t, nil)
	s.grant(everything())
	if err := s.Grant("other", account, everything()); err != nil {
		t.Fatal(err)
	}
	ctx := s.invocation(operation.Invocation{})
	var refused int
	var mu sync.Mutex
	var calling sync.WaitGroup
	for range 16 {
		calling.Go(func() {
			for range 100 {
				_, err := s.call(ctx, abi.OpSecretGet, abi.NameRequest{Name: "TOKEN"}, "", nil)
				if err == nil {
					continue
				}
				want(t, "flood", err, abi.Limit, "more than 1000 calls")
				mu.Lock()
				refused++
				mu.Unlock()
			}
		})
	}
	calling.Wait()
	if refused != 600 {
		t.Errorf("%d calls were refused", refused)
	}
	if n := strings.Count(s.log.String(), "operation was not carried out"); n != 10 {
		t.Errorf("%d lines in the log", n)
	}
	_, err := s.call(ctx, abi.OpConfigGet, abi.NameRequest{Name: "RATE"}, "", nil)
	want(t, "another operation", err, abi.OK, "")
	_, err = s.call(s.invocation(operation.Invocation{}), abi.OpSecretGet, abi.NameRequest{Name: "TOKEN"}, "", nil)
	want(t, "the next invocation", err, abi.OK, "")
	labels := map[string]string{"function": function, "operation": abi.OpSecretGet, "result": "limit"}
	if n := s.metric("queuelet_operation_calls_total", labels); n != 600 {
		t.Errorf("the metric says that %v calls were refused", n)
	}
}

// broken is a domain with a bug.
type broken struct{ operation.Queues }

func (broken) ResolveURL(queue.Caller, string) queue.Key { panic("bug") }

func TestPanicsAreCaught(t *testing.T) {
	s, err := operation.New(operation.Options{
		Queues: broken{}, NATS: func(string) (*nats.Conn, error) { return nil, errors.New("none") },
		Bucket: func(context.Context, string, string, int64) (operation.Bucket, error) { return nil, errors.New("none") },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Grant(function, account, everything()); err != nil {
		t.Fatal(err)
	}
	ctx := operation.Invocation{}.Within()(t.Context())
	_, err = s.Call(ctx, operation.Caller{Function: function}, abi.OpQueueSend, abi.AppendFrame(nil, []byte(`{"queue":"q"}`), []byte("x")))
	want(t, "panic", err, abi.Failed, "bug")
	_, err = s.Call(ctx, operation.Caller{Function: function}, abi.OpKVGet, abi.AppendFrame(nil, []byte(`{"key":"q"}`), nil))
	want(t, "no bucket", err, abi.Failed, "open the bucket: none")
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := operation.New(operation.Options{}); err == nil {
		t.Error("no error")
	}
}

// FuzzOperation hands frames to every operation. Each is answered by a frame or refused with a number.
func FuzzOperation(f *testing.F) {
	f.Add(uint8(0), []byte(`{"queue":"q","messageAttributes":{"a":{"dataType":"String","stringValue":"x"}}}`), []byte("body"))
	f.Add(uint8(1), []byte(`{"queue":"q","entries":[{"id":"a","size":4},{"id":"b","size":-1,"delaySeconds":5}]}`), []byte("body"))
	f.Add(uint8(2), []byte(`{"receiptHandle":"x","visibilityTimeout":5}`), []byte(nil))
	f.Add(uint8(3), []byte(`{"subject":"a.b","headers":{"X":["y"]},"timeoutMs":1}`), []byte("x"))
	f.Add(uint8(6), []byte(`{"key":"a.b","revision":18446744073709551615}`), []byte("x"))
	f.Add(uint8(10), []byte(`{"prefix":"a"}`), []byte(nil))
	f.Add(uint8(11), []byte(`{"method":"GET","url":"http://127.0.0.1:1/","headers":{"A":["b"]},"timeoutMs":1}`), []byte("x"))
	f.Add(uint8(14), []byte(`{"name":"a","value":1}`), []byte(nil))
	for _, frame := range hostile() {
		f.Add(uint8(0), frame, []byte(nil))
	}
	s := newStage(f, nil)
	s.create("q")
	grants := everything()
	grants.HTTP = nil // the fuzzer must not connect
	s.grant(grants)
	f.Fuzz(func(t *testing.T, which uint8, header, body []byte) {
		name := operations[int(which)%len(operations)]
		ctx := operation.Invocation{}.Within()(t.Context())
		for _, frame := range [][]byte{abi.AppendFrame(nil, header, body), header} {
			answer, err := s.Call(ctx, operation.Caller{Function: function}, name, frame)
			var errno abi.Errno
			switch {
			case err != nil && (!errors.As(err, &errno) || errno >= abi.OK):
				t.Errorf("%s: an error without a number: %v", name, err)
			case err == nil:
				if _, _, err := abi.SplitFrame(answer); err != nil {
					t.Errorf("%s answers %q", name, answer)
				}
			}
		}
	})
}
