package queuelet_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/queuelet/queuelet/plugins/abi"
	queuelet "github.com/queuelet/queuelet/plugins/sdk"
)

// TestStub runs every helper on a stub.
func TestStub(t *testing.T) {
	stub := &queuelet.Stub{
		Configuration: map[string]string{"RATE": "5"}, Secrets: map[string]string{"TOKEN": "hush"},
		OnFetch: func(r abi.FetchRequest, body []byte) (abi.FetchResponse, []byte, error) {
			if r.TimeoutMs == 0 {
				t.Error("the request has no timeout")
			}
			return abi.FetchResponse{Status: 200, URL: r.URL}, append([]byte(r.Method+" "), body...), nil
		},
		OnRequest: func(subject string, payload []byte) (queuelet.Reply, error) {
			return queuelet.Reply{Payload: append([]byte(subject+" "), payload...), Headers: map[string][]string{"X": {"y"}}}, nil
		},
	}
	ctx, cancel := context.WithTimeout(queuelet.WithHost(t.Context(), stub), time.Minute)
	defer cancel()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	delay := 5
	sent, err := queuelet.SendMessage(ctx, queuelet.Message{Queue: "q", Body: []byte("a"), SendOptions: abi.SendOptions{DelaySeconds: &delay}})
	ok(err)
	batch, failed, err := queuelet.SendMessageBatch(ctx, "q", []queuelet.Entry{{ID: "1", Body: []byte("b")}, {ID: "2", Body: []byte("cd")}})
	ok(err)
	if sent.MessageID == "" || len(batch) != 2 || batch[1].ID != "2" || batch[1].MessageID == sent.MessageID || failed != nil {
		t.Errorf("sent %+v, %+v, failed %+v", sent, batch, failed)
	}
	ok(queuelet.ExtendVisibility(ctx, abi.Record{ReceiptHandle: "handle"}, 90*time.Second))
	ok(queuelet.Publish(ctx, "events.done", map[string][]string{"X": {"y"}}, []byte("p")))
	reply, err := queuelet.Request(ctx, "pricing.get", nil, []byte("tea"))
	ok(err)
	if string(reply.Payload) != "pricing.get tea" || reply.Headers["X"][0] != "y" {
		t.Errorf("%+v", reply)
	}
	answer, body, err := queuelet.Fetch(ctx, abi.FetchRequest{Method: "PUT", URL: "http://example.com/"}, []byte("x"))
	ok(err)
	if answer.Status != 200 || string(body) != "PUT x" {
		t.Errorf("%+v %q", answer, body)
	}
	rate, err := queuelet.Config(ctx, "RATE")
	ok(err)
	token, err := queuelet.Secret(ctx, "TOKEN")
	ok(err)
	if _, err := queuelet.Secret(ctx, "NONE"); rate != "5" || token != "hush" || !errors.Is(err, abi.NotFound) {
		t.Errorf("%q %q %v", rate, token, err)
	}
	ok(queuelet.Count(ctx, "done", 2))
	ok(queuelet.Count(ctx, "done", 0.5))

	want := &queuelet.Stub{
		Sent: []queuelet.Message{
			{Queue: "q", Body: []byte("a"), SendOptions: abi.SendOptions{DelaySeconds: &delay}}, {Queue: "q", Body: []byte("b")}, {Queue: "q", Body: []byte("cd")},
		},
		Extended:  map[string]int{"handle": 90},
		Published: []queuelet.Publication{{Subject: "events.done", Headers: map[string][]string{"X": {"y"}}, Payload: []byte("p")}},
		Counters:  map[string]float64{"done": 2.5},
	}
	ignore := cmpopts.IgnoreFields(queuelet.Stub{}, "Configuration", "Secrets", "OnFetch", "OnRequest")
	if d := cmp.Diff(want, stub, ignore, cmpopts.IgnoreUnexported(queuelet.Stub{})); d != "" {
		t.Error(d)
	}
}

func TestStubKeepsKeys(t *testing.T) {
	ctx, kv := queuelet.WithHost(t.Context(), &queuelet.Stub{}), queuelet.KV()
	_, err := kv.Get(ctx, "a.b")
	wantErrno(t, err, abi.NotFound)
	first, err := kv.Create(ctx, "a.b", []byte("1"))
	wantErrno(t, err, abi.OK)
	_, err = kv.Create(ctx, "a.b", nil)
	wantErrno(t, err, abi.Conflict)
	second, err := kv.Update(ctx, "a.b", []byte("2"), first)
	wantErrno(t, err, abi.OK)
	_, err = kv.Update(ctx, "a.b", nil, first)
	wantErrno(t, err, abi.Conflict)
	_, err = kv.Put(ctx, "c", nil)
	wantErrno(t, err, abi.OK)
	if value, err := kv.Get(ctx, "a.b"); string(value.Data) != "2" || value.Revision != second || err != nil {
		t.Errorf("%+v %v", value, err)
	}
	for prefix, want := range map[string][]string{"": {"a.b", "c"}, "a": {"a.b"}, "a.b": nil} {
		if keys, err := kv.Keys(ctx, prefix); !cmp.Equal(want, keys) || err != nil {
			t.Errorf("below %q: %q %v", prefix, keys, err)
		}
	}
	wantErrno(t, kv.Delete(ctx, "a.b", first), abi.Conflict)
	wantErrno(t, kv.Delete(ctx, "a.b", second), abi.OK)
	wantErrno(t, kv.Delete(ctx, "a.b", 0), abi.OK)
}

func wantErrno(t *testing.T, err error, want abi.Errno) {
	t.Helper()
	var got abi.Errno
	if errors.As(err, &got); got != want {
		t.Errorf("error %v, want %v", err, want)
	}
}

// answering is a host that answers everything with the same frame.
type answering []byte

func (a answering) Call(context.Context, string, []byte) ([]byte, error) { return a, nil }

func TestRefusals(t *testing.T) {
	_, err := queuelet.Config(t.Context(), "RATE")
	wantErrno(t, err, abi.Denied) // there is no host
	ctx := queuelet.WithHost(t.Context(), &queuelet.Stub{})
	_, _, err = queuelet.Fetch(ctx, abi.FetchRequest{URL: "http://example.com/"}, nil)
	wantErrno(t, err, abi.Denied)
	_, err = queuelet.Request(ctx, "a", nil, nil)
	wantErrno(t, err, abi.Denied)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = queuelet.SendMessage(ended, queuelet.Message{Queue: "q"}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}

	refusing := queuelet.WithHost(t.Context(), answering(abi.AppendFrame(nil, []byte(`{"error":{"code":"OverLimit","message":"m"}}`), nil)))
	_, err = queuelet.SendMessage(refusing, queuelet.Message{})
	_, _, batch := queuelet.SendMessageBatch(refusing, "q", nil)
	for _, err := range []error{err, batch, queuelet.ExtendVisibility(refusing, abi.Record{}, 0)} {
		if refused, ok := errors.AsType[*abi.OperationError](err); !ok || refused.Code != "OverLimit" {
			t.Errorf("error %v, want SQS's own", err)
		}
	}
	if _, err := queuelet.Config(queuelet.WithHost(t.Context(), answering{1}), "RATE"); err == nil {
		t.Error("a response that is no frame was taken")
	}
}
