package abi_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/queuelet/queuelet/plugins/abi"
)

// full is an event with everything in it.
func full(text string) abi.Event {
	value := "value " + text
	return abi.Event{Records: []abi.Record{{
		MessageID: "id", ReceiptHandle: "handle", Body: text,
		Attributes: map[string]string{"SentTimestamp": "1545082649183", "SenderId": text},
		MessageAttributes: map[string]abi.MessageAttribute{
			"text":   {StringValue: &value, DataType: "String", StringListValues: []string{}, BinaryListValues: [][]byte{}},
			"bytes":  {BinaryValue: []byte(text + "\x00\xff"), DataType: "Binary"},
			"number": {StringValue: new(string), DataType: "Number", StringListValues: []string{"a", text}, BinaryListValues: [][]byte{[]byte(text)}},
			text:     {DataType: "String"},
		},
		MD5OfBody: "md5", MD5OfMessageAttributes: "more md5", EventSource: "aws:sqs", EventSourceARN: "arn", AWSRegion: "us-east-1",
	}, {}}}
}

var texts = []string{
	"", "text", `"quoted" \ and /`, "line\nand\r\n\ttab\b\f", "\x00\x01\x1f\x7f", "ümläut 😀 \u2028\u2029 \uFFFD", "<&>",
	"\xff\xfe", "cut \xe2\x82", strings.Repeat("long ", 1000),
}

var equal = cmp.Options{cmpopts.EquateEmpty()}

// TestAppendEvent asks that the encoder says what encoding/json says.
func TestAppendEvent(t *testing.T) {
	for _, text := range texts {
		event := full(text)
		got := abi.AppendEvent([]byte("before"), &event)
		got = bytes.TrimPrefix(got, []byte("before"))
		standard, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		var a, b abi.Event
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%q: %v in %s", text, err, got)
		}
		if err := json.Unmarshal(standard, &b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, a, equal); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if !utf8.Valid(got) {
			t.Errorf("%q: not UTF-8", text)
		}
		if again := abi.AppendEvent(nil, &event); !bytes.Equal(got, again) {
			t.Errorf("%q: encoded differently the second time", text)
		}
	}
}

// TestLambdaEvent asks that aws-lambda-go decodes every field.
func TestLambdaEvent(t *testing.T) {
	event := full("text")
	var got events.SQSEvent
	if err := json.Unmarshal(abi.AppendEvent(nil, &event), &got); err != nil {
		t.Fatal(err)
	}
	var want []events.SQSMessage
	for _, r := range event.Records {
		m := events.SQSMessage{
			MessageId: r.MessageID, ReceiptHandle: r.ReceiptHandle, Body: r.Body, Md5OfBody: r.MD5OfBody,
			Md5OfMessageAttributes: r.MD5OfMessageAttributes, Attributes: r.Attributes,
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSourceARN:    r.EventSourceARN, EventSource: r.EventSource, AWSRegion: r.AWSRegion,
		}
		for name, a := range r.MessageAttributes {
			m.MessageAttributes[name] = events.SQSMessageAttribute(a)
		}
		want = append(want, m)
	}
	if diff := cmp.Diff(want, got.Records, equal); diff != "" {
		t.Error(diff)
	}
}

// TestParseEvent asks that the decoder understands what encoding/json understands.
func TestParseEvent(t *testing.T) {
	for _, text := range texts {
		event := full(text)
		for name, encode := range map[string]func() []byte{
			"ours": func() []byte { return abi.AppendEvent(nil, &event) },
			"standard": func() []byte {
				b, err := json.MarshalIndent(event, " ", "\t")
				if err != nil {
					t.Fatal(err)
				}
				return b
			},
		} {
			data := encode()
			got, err := abi.ParseEvent(data)
			if err != nil {
				t.Fatalf("%s: %q: %v", name, text, err)
			}
			var want abi.Event
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("%s: %q: %s", name, text, diff)
			}
		}
	}
}

func TestInvocation(t *testing.T) {
	want := abi.Invocation{
		RequestID: "\"id\"", DeadlineMs: 1545082649183, FunctionName: "name", FunctionARN: "arn", MemoryLimitMB: 128, Attempt: 2,
	}
	var got abi.Invocation
	if err := json.Unmarshal(abi.AppendInvocation(nil, &want), &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// FuzzParseEvent asks that whatever the decoder accepts is JSON and means the same to encoding/json.
func FuzzParseEvent(f *testing.F) {
	for _, text := range texts {
		event := full(text)
		f.Add(abi.AppendEvent(nil, &event))
	}
	for _, text := range []string{
		`{}`, `{"Records":null}`, `{"Records":[]}`, `{"records":[{}]}`, ` { "Records" : [ { "body" : "\ud83d\ude00\ud83d" , "x" : [ 1 , -2.5e+7 , true , false , null , {} ] } ] } `,
		`{"Records":[{"messageAttributes":{"a":{"binaryValue":"AP8="}}}]}`, `{"Records":[{"body":"\x"}]}`, `{"Records":[{"body":5}]}`, `{`, `[]`, ``,
		"{\"Records\":[{\"body\":\"\xf2\x89 before an escape\\n\"}]}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := abi.ParseEvent(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepted %q", data)
		}
		again, err := abi.ParseEvent(abi.AppendEvent(nil, &got))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again, equal); diff != "" {
			t.Errorf("%q: %s", data, diff)
		}
	})
}

func benchmarkEvent() abi.Event {
	var e abi.Event
	for range 10 {
		e.Records = append(e.Records, abi.Record{
			MessageID: "059f36b4-87a3-44ab-83d2-661975830a7d", ReceiptHandle: strings.Repeat("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", 5),
			Body: `{"note":"` + strings.Repeat("lorem ipsum dolor sit amet ", 37) + `"}`,
			Attributes: map[string]string{
				"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183",
				"SenderId": "AIDAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1545082649185",
			},
			MD5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3", EventSource: "aws:sqs",
			EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:my-queue", AWSRegion: "us-east-1",
		})
	}
	return e
}

func BenchmarkAppendEvent(b *testing.B) {
	event := benchmarkEvent()
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		var room []byte
		for b.Loop() {
			room = abi.AppendEvent(room[:0], &event)
		}
		b.SetBytes(int64(len(room)))
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(event); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParseEvent(b *testing.B) {
	event := benchmarkEvent()
	data := abi.AppendEvent(nil, &event)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := abi.ParseEvent(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var e abi.Event
			if err := json.Unmarshal(data, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
}
