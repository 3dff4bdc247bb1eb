package sqsapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/queuelet/queuelet/host/sqsapi"
)

// attributeValue and the types below are requests as an SDK's model has them.
type attributeValue struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

type batchEntry struct {
	ID                     string `json:"Id"`
	MessageBody            string
	DelaySeconds           *int                      `json:",omitempty"`
	MessageGroupID         *string                   `json:"MessageGroupId,omitempty"`
	MessageAttributes      map[string]attributeValue `json:",omitempty"`
	MessageDeduplicationID *string                   `json:"MessageDeduplicationId,omitempty"`
}

func drawAttributes(t *rapid.T) map[string]attributeValue {
	return rapid.MapOfN(rapid.StringN(1, 8, -1), rapid.Custom(func(t *rapid.T) attributeValue {
		if rapid.Bool().Draw(t, "binary") {
			return attributeValue{DataType: "Binary", BinaryValue: rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "bytes")}
		}
		return attributeValue{DataType: rapid.SampledFrom([]string{"String", "Number", "String.x"}).Draw(t, "type"), StringValue: new(rapid.String().Draw(t, "text"))}
	}), 0, 11).Draw(t, "attributes")
}

func drawEntry(t *rapid.T) batchEntry {
	return batchEntry{
		ID: rapid.String().Draw(t, "id"), MessageBody: rapid.String().Draw(t, "body"),
		DelaySeconds:           rapid.Ptr(rapid.IntRange(-1, 1000), true).Draw(t, "delay"),
		MessageGroupID:         rapid.Ptr(rapid.String(), true).Draw(t, "group"),
		MessageDeduplicationID: rapid.Ptr(rapid.String(), true).Draw(t, "dedup"),
		MessageAttributes:      drawAttributes(t),
	}
}

// form flattens entries the way the query protocol does, in an order that the protocol
// does not promise.
func form(entries []batchEntry) string {
	fields := []string{"Action=SendMessageBatch", "Version=2012-11-05"}
	add := func(name, value string) {
		fields = append(fields, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	for i, entry := range entries {
		prefix := fmt.Sprintf("SendMessageBatchRequestEntry.%d.", i+1)
		add(prefix+"Id", entry.ID)
		add(prefix+"MessageBody", entry.MessageBody)
		if entry.DelaySeconds != nil {
			add(prefix+"DelaySeconds", strconv.Itoa(*entry.DelaySeconds))
		}
		if entry.MessageGroupID != nil {
			add(prefix+"MessageGroupId", *entry.MessageGroupID)
		}
		if entry.MessageDeduplicationID != nil {
			add(prefix+"MessageDeduplicationId", *entry.MessageDeduplicationID)
		}
		number := 0
		for name, value := range entry.MessageAttributes {
			number++
			attribute := fmt.Sprintf("%sMessageAttribute.%d.", prefix, number)
			add(attribute+"Name", name)
			add(attribute+"Value.DataType", value.DataType)
			if value.StringValue != nil {
				add(attribute+"Value.StringValue", *value.StringValue)
			} else {
				add(attribute+"Value.BinaryValue", base64.StdEncoding.EncodeToString(value.BinaryValue))
			}
		}
	}
	rand.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return strings.Join(fields, "&")
}

// The two protocols are two spellings of the same request: whatever batch is sent, the
// domain gets the same from both.
func TestProtocolsMeanTheSame(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{}
	handler := newServer(t, fake, sqsapi.Options{})
	serve := func(t *rapid.T, target, body string) []sentMessage {
		r := httptest.NewRequest(http.MethodPost, "/000000000000/orders", strings.NewReader(body))
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		calls := fake.takeCalls()
		text, ok := strings.CutPrefix(calls, "SendMessageBatch 000000000000/orders")
		if w.Code != http.StatusOK || !ok {
			t.Fatalf("status %d: %s; calls %q; request %q", w.Code, w.Body, calls, body)
		}
		var messages []sentMessage
		for decoder := json.NewDecoder(strings.NewReader(text)); decoder.More(); {
			var message sentMessage
			if err := decoder.Decode(&message); err != nil {
				t.Fatal(err)
			}
			messages = append(messages, message)
		}
		return messages
	}
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(drawEntry), 1, 12).Draw(t, "entries")
		body, err := json.Marshal(map[string]any{"Entries": entries})
		if err != nil {
			t.Fatal(err)
		}
		asJSON := serve(t, "AmazonSQS.SendMessageBatch", string(body))
		asQuery := serve(t, "", form(entries))
		sorted := cmp.Transformer("sorted", func(lines []string) map[string]bool {
			set := map[string]bool{}
			for _, line := range lines {
				set[line] = true
			}
			return set
		})
		if diff := cmp.Diff(asJSON, asQuery, sorted); diff != "" {
			t.Errorf("(-JSON +query):\n%s", diff)
		}
		for i, entry := range entries {
			if got := asJSON[i]; got.ID != entry.ID || got.Body != entry.MessageBody || len(got.Attributes) != len(entry.MessageAttributes) {
				t.Errorf("entry %d arrived as %+v, was %+v", i, got, entry)
			}
		}
	})
}

// Whatever a stranger sends, the answer is one of the protocol, and never a failure of
// the server's own.
func FuzzServe(f *testing.F) {
	for _, operation := range []string{
		"SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch", "CreateQueue",
		"SetQueueAttributes", "AddPermission", "ListMessageMoveTasks", "", "Nothing",
	} {
		f.Add(operation, "/", "", `{"QueueUrl":"orders","MessageBody":"x","Entries":[{"Id":"1","MessageBody":"x","ReceiptHandle":"h"}],"Attributes":{"a":"b"}}`)
		f.Add(operation, "/000000000000/orders", "Action="+operation, "MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=AA==&Attribute.1.Name=a&Attribute.1.Value=b")
		f.Add("", "/_aws/sqs/messages/x/000000000000/orders", "ShowInvisible=true", "SendMessageBatchRequestEntry.1.MessageAttribute.2.Value.DataType=x&SendMessageBatchRequestEntry..Id=&Action=SendMessageBatch")
	}
	f.Fuzz(func(t *testing.T, operation, path, query, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path, r.URL.RawQuery = "/"+path, query
		if operation != "" {
			r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
		}
		w := httptest.NewRecorder()
		newServer(t, &fakeQueues{}, sqsapi.Options{}).ServeHTTP(w, r)
		text := w.Body.String()
		if strings.Contains(path+query+body, "fail-") {
			return // the fake was asked to fail
		}
		switch {
		case w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound:
			t.Errorf("status %d: %s", w.Code, text)
		case operation != "" && text != "" && !json.Valid([]byte(text)):
			t.Errorf("the answer is not JSON: %s", text)
		case operation != "" && w.Code != http.StatusOK && w.Header().Get("X-Amzn-Query-Error") == "":
			t.Errorf("an error without its header: %s", text)
		case operation == "" && !strings.HasPrefix(text, "<"):
			t.Errorf("the answer is not XML: %s", text)
		}
	})
}
