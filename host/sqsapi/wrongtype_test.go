package sqsapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/sqsapi"
)

// The texts of AWS for JSON values of the wrong type.
const (
	gotObject    = "Start of structure or map found where not expected."
	gotList      = "Start of list found where not expected"
	gotScalar    = "Unrecognized collection type class java.lang.String"
	numberString = "NUMBER_VALUE can not be converted to a String"
	trueString   = "TRUE_VALUE can not be converted to a String"
	falseString  = "FALSE_VALUE can not be converted to a String"
	stringNumber = "STRING_VALUE can not be converted to an Integer"
	trueNumber   = "TRUE_VALUE can not be converted to an Integer"
	falseNumber  = "FALSE_VALUE can not be converted to an Integer"
)

// wrongValues gives, for each kind of parameter, values of other kinds and their error.
func wrongValues() map[string]map[string]string {
	return map[string]map[string]string{
		"string": {`1`: numberString, `-2.5e3`: numberString, `true`: trueString, `false`: falseString, `[]`: gotList, `["x"]`: gotList, `{}`: gotObject},
		"int":    {`"1"`: stringNumber, `""`: stringNumber, `true`: trueNumber, `false`: falseNumber, `[]`: gotList, `{"a":1}`: gotObject},
		"list":   {`"x"`: gotScalar, `1`: gotScalar, `true`: gotScalar, `{}`: gotObject},
		"map":    {`"x"`: gotScalar, `1`: gotScalar, `false`: gotScalar, `[]`: gotList},
	}
}

// Every parameter of every operation, with values of every type that is not its own.
func TestWrongJSONTypes(t *testing.T) {
	t.Parallel()
	const (
		stringList = `["x",%s]`
		stringMap  = `{"x":%s}`
	)
	for _, parameter := range []struct{ operation, template, kind string }{
		{"SendMessage", `{"QueueUrl":%s}`, "string"},
		{"SendMessage", `{"MessageBody":%s}`, "string"},
		{"SendMessage", `{"DelaySeconds":%s}`, "int"},
		{"SendMessage", `{"MessageGroupId":%s}`, "string"},
		{"SendMessage", `{"MessageDeduplicationId":%s}`, "string"},
		{"SendMessage", `{"MessageAttributes":%s}`, "map"},
		{"SendMessage", `{"MessageAttributes":{"a":%s}}`, "map"},
		{"SendMessage", `{"MessageAttributes":{"a":{"DataType":%s}}}`, "string"},
		{"SendMessage", `{"MessageAttributes":{"a":{"StringValue":%s}}}`, "string"},
		{"SendMessage", `{"MessageAttributes":{"a":{"BinaryValue":%s}}}`, "string"},
		{"SendMessage", `{"MessageAttributes":{"a":{"StringListValues":%s}}}`, "list"},
		{"SendMessage", `{"MessageSystemAttributes":%s}`, "map"},
		{"SendMessage", `{"MessageSystemAttributes":{"a":{"StringValue":%s}}}`, "string"},
		{"SendMessageBatch", `{"QueueUrl":%s}`, "string"},
		{"SendMessageBatch", `{"Entries":%s}`, "list"},
		{"SendMessageBatch", `{"Entries":[%s]}`, "map"},
		{"SendMessageBatch", `{"Entries":[{"Id":%s}]}`, "string"},
		{"SendMessageBatch", `{"Entries":[{"MessageBody":%s}]}`, "string"},
		{"SendMessageBatch", `{"Entries":[{"DelaySeconds":%s}]}`, "int"},
		{"SendMessageBatch", `{"Entries":[{"MessageAttributes":{"a":{"StringValue":%s}}}]}`, "string"},
		{"ReceiveMessage", `{"QueueUrl":%s}`, "string"},
		{"ReceiveMessage", `{"AttributeNames":%s}`, "list"},
		{"ReceiveMessage", `{"AttributeNames":` + stringList + `}`, "string"},
		{"ReceiveMessage", `{"MessageSystemAttributeNames":%s}`, "list"},
		{"ReceiveMessage", `{"MessageAttributeNames":%s}`, "list"},
		{"ReceiveMessage", `{"MaxNumberOfMessages":%s}`, "int"},
		{"ReceiveMessage", `{"VisibilityTimeout":%s}`, "int"},
		{"ReceiveMessage", `{"WaitTimeSeconds":%s}`, "int"},
		{"ReceiveMessage", `{"ReceiveRequestAttemptId":%s}`, "string"},
		{"DeleteMessage", `{"QueueUrl":%s}`, "string"},
		{"DeleteMessage", `{"ReceiptHandle":%s}`, "string"},
		{"DeleteMessageBatch", `{"Entries":%s}`, "list"},
		{"DeleteMessageBatch", `{"Entries":[{"Id":%s}]}`, "string"},
		{"DeleteMessageBatch", `{"Entries":[{"ReceiptHandle":%s}]}`, "string"},
		{"ChangeMessageVisibility", `{"ReceiptHandle":%s}`, "string"},
		{"ChangeMessageVisibility", `{"VisibilityTimeout":%s}`, "int"},
		{"ChangeMessageVisibilityBatch", `{"Entries":%s}`, "list"},
		{"ChangeMessageVisibilityBatch", `{"Entries":[{"VisibilityTimeout":%s}]}`, "int"},
		{"CreateQueue", `{"QueueName":%s}`, "string"},
		{"CreateQueue", `{"Attributes":%s}`, "map"},
		{"CreateQueue", `{"tags":%s}`, "map"},
		{"GetQueueUrl", `{"QueueName":%s}`, "string"},
		{"GetQueueUrl", `{"QueueOwnerAWSAccountId":%s}`, "string"},
		{"ListQueues", `{"QueueNamePrefix":%s}`, "string"},
		{"ListQueues", `{"NextToken":%s}`, "string"},
		{"ListQueues", `{"MaxResults":%s}`, "int"},
		{"ListDeadLetterSourceQueues", `{"MaxResults":%s}`, "int"},
		{"DeleteQueue", `{"QueueUrl":%s}`, "string"},
		{"PurgeQueue", `{"QueueUrl":%s}`, "string"},
		{"GetQueueAttributes", `{"AttributeNames":%s}`, "list"},
		{"GetQueueAttributes", `{"AttributeNames":` + stringList + `}`, "string"},
		{"SetQueueAttributes", `{"Attributes":%s}`, "map"},
		{"TagQueue", `{"Tags":%s}`, "map"},
		{"UntagQueue", `{"TagKeys":%s}`, "list"},
		{"ListQueueTags", `{"QueueUrl":%s}`, "string"},
		{"AddPermission", `{"Label":%s}`, "string"},
		{"AddPermission", `{"AWSAccountIds":%s}`, "list"},
		{"AddPermission", `{"Actions":%s}`, "list"},
		{"RemovePermission", `{"Label":%s}`, "string"},
		{"StartMessageMoveTask", `{"SourceArn":%s}`, "string"},
		{"StartMessageMoveTask", `{"DestinationArn":%s}`, "string"},
		{"StartMessageMoveTask", `{"MaxNumberOfMessagesPerSecond":%s}`, "int"},
		{"CancelMessageMoveTask", `{"TaskHandle":%s}`, "string"},
		{"ListMessageMoveTasks", `{"SourceArn":%s}`, "string"},
		{"ListMessageMoveTasks", `{"MaxResults":%s}`, "int"},
	} {
		for value, want := range wrongValues()[parameter.kind] {
			expectMalformed(t, parameter.operation, fmt.Sprintf(parameter.template, value), want)
		}
	}
	// The values of a map of strings have a text of their own for a list.
	for value, want := range map[string]string{`[]`: gotScalar, `{}`: gotObject, `1`: numberString, `true`: trueString} {
		expectMalformed(t, "CreateQueue", fmt.Sprintf(`{"Attributes":`+stringMap+`}`, value), want)
		expectMalformed(t, "TagQueue", fmt.Sprintf(`{"Tags":`+stringMap+`}`, value), want)
	}
	// The whole body.
	for value, want := range map[string]string{`[]`: gotList, `"x"`: gotScalar, `7`: gotScalar} {
		expectMalformed(t, "SendMessage", value, want)
	}
}

func expectMalformed(t *testing.T, operation, body, want string) {
	t.Helper()
	fake := &fakeQueues{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/000000000000/orders", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	w := httptest.NewRecorder()
	newServer(t, fake, sqsapi.Options{}).ServeHTTP(w, r)
	text := fmt.Sprintf(`{"__type":"com.amazon.coral.service#SerializationException","message":%q}`, want)
	if w.Code != http.StatusBadRequest || w.Header().Get("X-Amzn-Query-Error") != "MalformedInput;Sender" || w.Body.String() != text {
		t.Errorf("%s %s: status %d, body %s, want %s", operation, body, w.Code, w.Body, text)
	}
	if calls := fake.takeCalls(); calls != "" {
		t.Errorf("%s %s: the domain was called: %s", operation, body, calls)
	}
}

// Numbers in all their spellings, and null, which is the same as absent.
func TestJSONNumbers(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`0`: `{"Value":0,"Set":true}`, `-0`: `{"Value":0,"Set":true}`, `15`: `{"Value":15,"Set":true}`, `-3`: `{"Value":-3,"Set":true}`,
		`1.9`: `{"Value":1,"Set":true}`, `1e1`: `{"Value":10,"Set":true}`, `1E-1`: `{"Value":0,"Set":true}`,
		`1e400`: `{"Value":2147483647,"Set":true}`, `-99999999999999999999`: `{"Value":-2147483648,"Set":true}`,
		`null`: `{"Value":0,"Set":false}`,
	} {
		fake := &fakeQueues{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"MaxResults":`+value+`}`))
		r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
		newServer(t, fake, sqsapi.Options{}).ServeHTTP(httptest.NewRecorder(), r)
		if got := fake.takeCalls(); !strings.HasSuffix(got, `"MaxResults":`+want+`}`) {
			t.Errorf("%s: %s", value, got)
		}
	}
}
