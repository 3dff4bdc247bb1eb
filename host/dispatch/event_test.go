package dispatch_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/dispatch"
	"github.com/queuelet/queuelet/host/queue"
)

// wantEvent compares an event with what AWS Lambda would give to the function.
func wantEvent(t *testing.T, event []byte, records ...map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(event, &got); err != nil {
		t.Fatal(err)
	}
	list := make([]any, len(records))
	for i := range records {
		list[i] = records[i]
	}
	if d := cmp.Diff(map[string]any{"Records": list}, got); d != "" {
		t.Errorf("event (-want +got):\n%s", d)
	}
}

func TestEventOfAStandardQueue(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		sent := s.sendMessage("q", queue.SendMessageInput{
			Body: []byte("hello \"world\" ☃"), BodySet: true, TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
			Attributes: []queue.AttributeInput{
				{Name: "tenant", DataType: "String", StringValue: []byte("blue"), StringSet: true},
				{Name: "raw", DataType: "Binary.png", BinaryValue: []byte{0, 255}, BinarySet: true},
				{Name: "count", DataType: "Number", StringValue: []byte("7"), StringSet: true},
			},
		})
		at := time.Now().UnixMilli()
		after(1500 * time.Millisecond)
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		c := s.function.calls[0]
		handle := c.event.Records[0].ReceiptHandle
		none := []any{}
		wantEvent(t, c.Event, map[string]any{
			"messageId": sent.ID.String(), "receiptHandle": handle, "body": "hello \"world\" ☃",
			"attributes": map[string]any{
				"ApproximateReceiveCount": "1", "SentTimestamp": text(at), "ApproximateFirstReceiveTimestamp": text(at + 1500),
				"SenderId": "AIDAOWNER", "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
			},
			"messageAttributes": map[string]any{
				"tenant": map[string]any{"stringValue": "blue", "dataType": "String", "stringListValues": none, "binaryListValues": none},
				"raw":    map[string]any{"binaryValue": "AP8=", "dataType": "Binary.png", "stringListValues": none, "binaryListValues": none},
				"count":  map[string]any{"stringValue": "7", "dataType": "Number", "stringListValues": none, "binaryListValues": none},
			},
			"md5OfBody": hexText(sent.BodyMD5), "md5OfMessageAttributes": hexText(sent.AttributesMD5),
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:q", "awsRegion": "eu-central-1",
		})
		if c.name != "f" || c.FunctionARN != "arn:aws:lambda:eu-central-1:000000000000:function:f" || c.Attempt != 1 {
			t.Errorf("invocation %+v", c.Invocation)
		}
		if d := cmp.Diff([]string{sent.ID.String()}, c.MessageIDs); d != "" {
			t.Error(d)
		}
		if left := c.Deadline.Sub(c.at); left != time.Minute {
			t.Errorf("deadline in %v", left)
		}
	})
}

func TestEventOfAFIFOQueue(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q.fifo")
		sent := s.sendMessage("q.fifo", queue.SendMessageInput{
			Body: []byte("x"), BodySet: true, GroupID: "g", GroupIDSet: true, DedupID: "d", DedupIDSet: true,
		})
		at := text(time.Now().UnixMilli())
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q.fifo"), Function: "f"})
		settle()
		c := s.function.calls[0]
		wantEvent(t, c.Event, map[string]any{
			"messageId": sent.ID.String(), "receiptHandle": c.event.Records[0].ReceiptHandle, "body": "x",
			"attributes": map[string]any{
				"ApproximateReceiveCount": "1", "SentTimestamp": at, "ApproximateFirstReceiveTimestamp": at, "SenderId": "AIDAOWNER",
				"SequenceNumber": "00000000000000000001", "MessageGroupId": "g", "MessageDeduplicationId": "d",
			},
			"messageAttributes": map[string]any{}, "md5OfBody": hexText(sent.BodyMD5),
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:q.fifo", "awsRegion": "eu-central-1",
		})
	})
}

// TestEventsDoNotMix has a worker use its buffers again.
func TestEventsDoNotMix(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.sendMessage("q", queue.SendMessageInput{
			Body: []byte("first, with an attribute and a long body"), BodySet: true, TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
			Attributes: []queue.AttributeInput{{Name: "n", DataType: "Number", StringValue: []byte("1"), StringSet: true}},
		})
		s.send("q", "second")
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f", BatchSize: 1, MaxConcurrency: 1})
		settle()
		record := s.function.calls[1].event.Records[0]
		if record.Body != "second" || len(record.MessageAttributes) != 0 || record.MD5OfMessageAttributes != "" || len(record.Attributes) != 4 {
			t.Errorf("second record %+v", record)
		}
	})
}

// TestReceiptHandleOfAnEvent works in the hands of the function.
func TestReceiptHandleOfAnEvent(t *testing.T) {
	virtual(t, func(t *testing.T, s *stage) {
		s.create("q")
		s.send("q", "x")
		s.function.play(failing("x"))
		s.serve(dispatch.Options{}, dispatch.Mapping{Queue: key("q"), Function: "f"})
		settle()
		if err := s.DeleteMessage(t.Context(), owner, key("q"), s.function.calls[0].event.Records[0].ReceiptHandle); err != nil {
			t.Error(err)
		}
		s.wantCounts("q", 0, 0)
	})
}
