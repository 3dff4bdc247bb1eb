package operation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/operation"
	"github.com/queuelet/queuelet/plugins/abi"
)

// TestPublish listens as this process does; host/hosttest shows what native clients see.
func TestPublish(t *testing.T) {
	s := newStage(t, nil)
	nc, err := s.store.Broker.ConnectFunctions(account)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	heard, err := nc.SubscribeSync("events.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	s.grant(operation.Grants{Publish: []string{"events.*.done", "events.all.>"}})
	ctx := s.invocation(operation.Invocation{})
	in := abi.PublishRequest{Subject: "events.a.done", Headers: map[string][]string{"X": {"1", "2"}}}
	if _, err := s.call(ctx, abi.OpNATSPublish, in, "payload", nil); err != nil {
		t.Fatal(err)
	}
	m, err := heard.NextMsg(time.Minute)
	if err != nil || string(m.Data) != "payload" || cmp.Diff([]string{"1", "2"}, m.Header["X"]) != "" || m.Reply != "" {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: "events.all.a.b"}, "", nil); err != nil {
		t.Error(err)
	}
	for _, subject := range []string{
		"", ".", "events", "events.a", "events.a.b.done", "events.all", "events..done", "events.*.done", "events.>", "events.all.>", "events.all.a b",
		"events.all.\r\nPUB x 0", "other", "$JS.API.STREAM.LIST", "events.all." + strings.Repeat("x", 300),
	} {
		_, err := s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: subject}, "", nil)
		want(t, subject, err, abi.Denied, "grants.nats.publish")
		_, err = s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: subject}, "", nil)
		want(t, subject, err, abi.Denied, "grants.nats.request")
	}
	// Even who may publish everything may not publish this.
	s.grant(operation.Grants{Publish: []string{">"}, Request: []string{">", "*.*"}})
	for _, subject := range []string{
		"$JS.API.STREAM.DELETE.J_0", "$SYS.REQ.SERVER.PING", "$KV.queuelet.x", "$SRV.PING", "_INBOX.x", "_R_.x", "sqs.tap.orders", "sqs.send.orders",
		"sqs.reply.x", "ql.j.0", "$x", "_x",
	} {
		_, err := s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: subject}, "", nil)
		want(t, subject, err, abi.Denied, "")
		_, err = s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: subject}, "", nil)
		want(t, subject, err, abi.Denied, "")
	}
	for name, headers := range map[string]map[string][]string{
		"meaning something to NATS": {"nAtS-Msg-Id": {"x"}}, "no name": {"": {"x"}}, "name": {"a:b": {"x"}}, "value": {"a": {"x\r\ny"}},
	} {
		_, err := s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: "a", Headers: headers}, "", nil)
		want(t, name, err, abi.Invalid, "cannot be sent")
	}
	many := map[string][]string{"a": make([]string, 100)}
	_, err = s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: "a", Headers: many}, "", nil)
	want(t, "many headers", err, abi.TooBig, "64 headers")
	_, err = s.call(ctx, abi.OpNATSPublish, abi.PublishRequest{Subject: "a"}, strings.Repeat("x", 1<<20+1), nil)
	want(t, "payload", err, abi.TooBig, "a body of")
}

func TestReservedSubjectsCannotBeGranted(t *testing.T) {
	s := newStage(t, nil)
	for _, subject := range []string{"$JS.>", "_INBOX.>", "sqs.>", "ql.>", "a..b", "", "a.>.b", "a b"} {
		if err := s.Grant(function, account, operation.Grants{Publish: []string{subject}}); err == nil {
			t.Errorf("%q was granted", subject)
		}
	}
}

func TestRequest(t *testing.T) {
	s := newStage(t, nil)
	nc, err := s.store.Broker.ConnectFunctions(account)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Subscribe("pricing.*", func(m *nats.Msg) {
		switch m.Subject {
		case "pricing.get":
			_ = m.RespondMsg(&nats.Msg{Data: append([]byte("price of "), m.Data...), Header: nats.Header{"X": {"y"}}})
		case "pricing.huge":
			_ = m.Respond(make([]byte, 1<<20+1))
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	s.grant(operation.Grants{Request: []string{"pricing.>", "nobody"}})
	ctx := s.invocation(operation.Invocation{})
	var answer abi.ReplyResponse
	body, err := s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: "pricing.get"}, "tea", &answer)
	if err != nil || body != "price of tea" || cmp.Diff([]string{"y"}, answer.Headers["X"]) != "" {
		t.Errorf("%q %+v %v", body, answer, err)
	}
	_, err = s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: "nobody"}, "", nil)
	want(t, "no responder", err, abi.NotFound, "nobody answers")
	_, err = s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: "pricing.mute", TimeoutMs: 50}, "", nil)
	want(t, "no reply", err, abi.TimedOut, "no reply")
	_, err = s.call(ctx, abi.OpNATSRequest, abi.PublishRequest{Subject: "pricing.huge"}, "", nil)
	want(t, "huge reply", err, abi.TooBig, "a reply of")
}
