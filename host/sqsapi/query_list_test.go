package sqsapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/sqsapi"
)

// SDKs that send query requests write an empty list as the name of its parameter with
// nothing behind, and not as a list of one empty element.
func TestQueryEmptyLists(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{}
	handler := newServer(t, fake, sqsapi.Options{})
	serve := func(form string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/000000000000/orders", strings.NewReader(form))
		handler.ServeHTTP(httptest.NewRecorder(), r)
		return fake.takeCalls()
	}
	for request, empty := range map[string]string{
		"Action=SendMessageBatch":                                     "&Entries=",
		"Action=DeleteMessageBatch":                                   "&DeleteMessageBatchRequestEntry=",
		"Action=ChangeMessageVisibilityBatch":                         "&Entries=",
		"Action=GetQueueAttributes":                                   "&AttributeNames=",
		"Action=GetQueueAttributes&AttributeName.1=Policy":            "&AttributeName=",
		"Action=ReceiveMessage":                                       "&AttributeNames=&MessageAttributeNames=&MessageSystemAttributeNames=",
		"Action=TagQueue":                                             "&Tags=",
		"Action=UntagQueue":                                           "&TagKeys=",
		"Action=SetQueueAttributes":                                   "&Attributes=",
		"Action=AddPermission&Label=l":                                "&Actions=&AWSAccountIds=",
		"Action=SendMessage&MessageBody=b":                            "&MessageAttributes=&MessageSystemAttributes=",
		"Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a": "&SendMessageBatchRequestEntry.1.MessageAttributes=",
	} {
		if diff := cmp.Diff(serve(request), serve(request+empty)); diff != "" {
			t.Errorf("%s%s: an empty list is not as none (-none +empty):\n%s", request, empty, diff)
		}
	}
	// A name with a number is an element, even when it is empty.
	if got := serve("Action=GetQueueAttributes&AttributeName.1="); !strings.HasSuffix(strings.TrimSpace(got), `[""]`) {
		t.Errorf("an empty element: %s", got)
	}
}
