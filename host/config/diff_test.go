package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	before := mustLoad(t, Source{Path: write(t, `
sqs: {auth: {credentials: [{access_key_id: a, secret_access_key: one}]}}
queues: [{name: orders, attributes: {VisibilityTimeout: 30}}, {name: gone}]
`)})
	after := mustLoad(t, Source{Path: write(t, `
sqs: {listen: 127.0.0.1:9, auth: {credentials: [{access_key_id: a, secret_access_key: two}]}}
queues: [{name: new}, {name: orders, attributes: {VisibilityTimeout: 31}}]
log: {level: debug}
`)})
	before.Storage.Dir, after.Storage.Dir = "", ""
	want := Changes{
		{Key: "sqs.listen", Old: "127.0.0.1:3001", New: "127.0.0.1:9", Restart: true},
		{Key: "log.level", Old: "info", New: "debug"},
		{Key: "sqs.auth.credentials[a].secret_access_key", Old: redacted, New: redacted},
		{Key: "queues[000000000000/new].name", New: "new"},
		{Key: "queues[000000000000/new].account_id", New: "000000000000"},
		{Key: "queues[000000000000/new].tap", New: "live"},
		{Key: "queues[000000000000/orders].attributes.VisibilityTimeout", Old: "30", New: "31"},
		{Key: "queues[000000000000/gone].name", Old: "gone"},
		{Key: "queues[000000000000/gone].account_id", Old: "000000000000"},
		{Key: "queues[000000000000/gone].tap", Old: "live"},
	}
	got := Diff(before, after)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Diff (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sqs.listen"}, got.NeedRestart()); diff != "" {
		t.Errorf("NeedRestart (-want +got):\n%s", diff)
	}
	if got := Diff(before, before); got != nil {
		t.Errorf("Diff of equal configurations = %v", got)
	}
}
