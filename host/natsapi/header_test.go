package natsapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/queuelet/queuelet/host/queue"
)

// FuzzSendInput reads headers as they come over the wire: it must not fail otherwise than by
// refusing, at some length that does not depend on the client, nor make up what was not sent.
func FuzzSendInput(f *testing.F) {
	for _, seed := range []string{
		"Sqs-Attribute-a: 1\r\n",
		"Sqs-Attribute-a: 1\r\nSqs-Type-a: Number\r\nSqs-Attribute-b: AA==\r\nSqs-Encoding-b: base64\r\nSqs-Type-b: Binary\r\n",
		"Sqs-Attribute-a: 1\r\nSqs-Attribute-a: 2\r\nsqs-attribute-a: 3\r\n",
		"sqs-type-a: String\r\nSQS-ATTRIBUTE-a: 1\r\n",
		"Sqs-Attribute-%41%zz: 1\r\n",
		"Sqs-Delay-Seconds: 99999999999999999999\r\nSqs-Message-Group-Id:\r\n",
		"Sqs-\r\nSqs-Attribute-: \r\nSqs-Type-:\r\n",
		"Sqs-Trace-Header: Root=1\r\nNats-Msg-Id: x\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		header, err := nats.DecodeHeadersMsg([]byte("NATS/1.0\r\n" + text + "\r\n"))
		if err != nil {
			t.Skip("no headers")
		}
		in, err := sendInput(header, nil)
		if err != nil {
			refused, ok := errors.AsType[*queue.Error](err)
			if !ok || refused.Code != queue.CodeInvalidParameterValue || len(refused.Message) > 1000 {
				t.Errorf("%q was refused with %.2000v", text, err)
			}
			return
		}
		sent := 0
		for key, values := range header {
			if hasPrefixFold(key, HeaderAttribute) {
				sent += len(values)
			}
		}
		if sent != len(in.Attributes) {
			t.Errorf("%q has %d attributes, became %d", text, sent, len(in.Attributes))
		}
		for _, a := range in.Attributes {
			if a.StringSet == a.BinarySet || a.BinarySet != strings.HasPrefix(a.DataType, "Binary") {
				t.Errorf("%q became attribute %+v", text, a)
			}
		}
	})
}

func TestTokenIsOneTokenOfASubject(t *testing.T) {
	for _, id := range []string{"AKIDEXAMPLE", "a.b", "*", ">", strings.Repeat("~", 128)} {
		text := token(id)
		if strings.ContainsAny(text, ".*> ") || text == "" {
			t.Errorf("token of %q is %q", id, text)
		}
		if back, ok := accessKeyID(text); !ok || back != id {
			t.Errorf("token of %q is that of %q", id, back)
		}
	}
	if _, ok := accessKeyID("?"); ok {
		t.Error("? is a token")
	}
}
