package sqsapi_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/sqsapi"
	"github.com/queuelet/queuelet/sigauth"
)

// nobody refuses every request with the same error.
type nobody struct {
	refusal error
	bodies  []string
}

func (n *nobody) Verify(_ *http.Request, body []byte) (sigauth.Identity, error) {
	n.bodies = append(n.bodies, string(body))
	return sigauth.Identity{}, n.refusal
}

// A refused signature is answered in the form of each protocol, before anything of the
// request is looked at.
func TestRefusedSignature(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code   sigauth.Code
		status int
		shape  string
	}{
		{sigauth.CodeMalformedQueryString, 400, "MalformedQueryStringException"},
		{sigauth.CodeMissingAuthenticationToken, 403, "MissingAuthenticationTokenException"},
		{sigauth.CodeIncompleteSignature, 400, "IncompleteSignatureException"},
		{sigauth.CodeSignatureDoesNotMatch, 403, "InvalidSignatureException"},
		{sigauth.CodeInvalidClientTokenID, 403, "UnrecognizedClientException"},
		{sigauth.CodeExpiredToken, 403, "ExpiredTokenException"},
	} {
		t.Run(string(test.code), func(t *testing.T) {
			t.Parallel()
			auth := &nobody{refusal: &sigauth.Error{
				Code: test.code, Status: test.status, Message: "the <words> of AWS\n", Cause: sigauth.CauseClock, AccessKeyID: "AKID",
			}}
			fake := &fakeQueues{}
			var log bytes.Buffer
			api, err := sqsapi.New(fake, auth, sqsapi.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			e := echo.New()
			api.Register(e)

			const wrong = `{"QueueUrl":5,`
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(wrong))
			r.Header.Set("X-Amz-Target", "AmazonSQS.NoSuchOperation")
			e.ServeHTTP(w, r)
			want := fmt.Sprintf(`{"__type":"com.amazon.coral.service#%s","message":"the <words> of AWS\n"}`, test.shape)
			if w.Code != test.status || w.Body.String() != want || w.Header().Get("X-Amzn-Query-Error") != string(test.code)+";Sender" {
				t.Errorf("JSON: status %d, header %v, body %s", w.Code, w.Header(), w.Body)
			}

			w = httptest.NewRecorder()
			const form = "Action=NoSuchAction&X=%zz"
			r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form))
			e.ServeHTTP(w, r)
			want = fmt.Sprintf(`<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type>`+
				"<Code>%s</Code><Message>the &lt;words&gt; of AWS\n</Message><Detail/></Error><RequestId>%s</RequestId></ErrorResponse>",
				test.code, w.Header().Get("X-Amzn-Requestid"))
			if w.Code != test.status || w.Body.String() != want || w.Header().Get("X-Amzn-Query-Error") != "" {
				t.Errorf("query: status %d, header %v, body %s", w.Code, w.Header(), w.Body)
			}

			if calls := fake.takeCalls(); calls != "" {
				t.Errorf("the domain was called: %s", calls)
			}
			if len(auth.bodies) != 2 || auth.bodies[0] != wrong || auth.bodies[1] != form {
				t.Errorf("verified bodies %q", auth.bodies)
			}
			for _, part := range []string{"request refused", "cause=clock", "access_key_id=AKID", w.Header().Get("X-Amzn-Requestid")} {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log lacks %q: %s", part, log.String())
				}
			}
		})
	}
}
