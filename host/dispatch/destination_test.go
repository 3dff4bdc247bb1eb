package dispatch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

func TestParseDestination(t *testing.T) {
	tests := []struct {
		text string
		want dispatch.Destination
	}{
		{"", dispatch.Destination{}},
		{"audit", dispatch.Destination{Queue: key("audit")}},
		{"audit.fifo", dispatch.Destination{Queue: key("audit.fifo")}},
		{"arn:aws:sqs:us-east-1:111122223333:audit", dispatch.Destination{Queue: queue.Key{Account: "111122223333", Name: "audit"}}},
		{"nats:orders.done", dispatch.Destination{Subject: "orders.done"}},
	}
	for _, test := range tests {
		if got, err := dispatch.ParseDestination(test.text, account); err != nil || got != test.want {
			t.Errorf("%q: %+v, error %v", test.text, got, err)
		}
	}
	for text, want := range map[string]string{
		"nats:":                            "is no NATS subject",
		"nats:a..b":                        "is no NATS subject",
		"nats:a.*":                         "is no NATS subject",
		"nats:a.>":                         "is no NATS subject",
		"nats:a b":                         "is no NATS subject",
		"nats:$JS.API":                     "is a subject of NATS or queuelet itself",
		"nats:_INBOX.a":                    "is a subject of NATS or queuelet itself",
		"nats:sqs.send.q":                  "is a subject of NATS or queuelet itself",
		"nats:" + strings.Repeat("a", 257): "is no NATS subject",
		"http://x":                         "is neither the name of a queue, nor an ARN",
		"arn:aws:sqs:us-east-1:audit":      "is neither the name of a queue, nor an ARN",
		"arn:aws:sns:us-east-1:111122223333:audit":  "is no queue",
		"arn:aws:sqs:us-east-1:1111222233334:audit": "is not the ARN of a queue",
		"arn:aws:sqs:us-east-1:111122223333:":       "is not the ARN of a queue",
	} {
		_, err := dispatch.ParseDestination(text, account)
		if !errors.Is(err, &dispatch.Error{Code: dispatch.CodeInvalid}) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// FuzzParseDestination looks for texts that become a destination which nothing can be sent to.
func FuzzParseDestination(f *testing.F) {
	for _, text := range []string{"", "q", "q.fifo", "nats:a.b", "nats:.", "arn:aws:sqs:us-east-1:000000000000:q", "arn:::::", "a:b", "nats:a\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := dispatch.ParseDestination(text, account)
		switch {
		case err != nil:
			if !errors.Is(err, &dispatch.Error{Code: dispatch.CodeInvalid}) {
				t.Error(err)
			}
		case text == "":
			if !d.IsZero() {
				t.Errorf("%+v", d)
			}
		case (d.Subject == "") == (d.Queue.Name == ""):
			t.Errorf("%q became %+v", text, d)
		case d.Queue.Name == "" && d.String() != text:
			t.Errorf("%q became %s", text, d)
		case d.Queue.Name != "" && !strings.HasSuffix(text, d.String()):
			t.Errorf("%q became %s", text, d)
		}
	})
}
