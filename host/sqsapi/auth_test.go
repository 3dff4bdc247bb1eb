package sqsapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/labstack/echo/v4"

	"github.com/queuelet/queuelet/host/queue"
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

// newVerifier accepts one access key.
func newVerifier(t *testing.T) *sigauth.Verifier {
	t.Helper()
	source, err := sigauth.NewCredentials([]sigauth.Credential{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", AccountID: "123456789012"}})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := sigauth.New(sigauth.Options{Source: source, Service: "sqs"})
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// callerOf is a domain that remembers who called it.
type callerOf struct {
	*fakeQueues

	caller queue.Caller
}

func (c *callerOf) SendMessage(ctx context.Context, caller queue.Caller, key queue.Key, in *queue.SendMessageInput) (queue.SendMessageResult, error) {
	c.caller = caller
	return c.fakeQueues.SendMessage(ctx, caller, key, in)
}

// A real signature over a real socket: the SDK's, right and wrong, and that of a
// presigned URL on the path of a queue.
func TestSignedRequests(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	domain := &callerOf{fakeQueues: &fakeQueues{}}
	log := slog.New(slog.DiscardHandler)
	api, err := sqsapi.New(domain, newVerifier(t), sqsapi.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	api.Register(e)
	address := serveOn(t, sqsapi.NewServer(e, log))

	send := func(secret string) error {
		client := sqs.New(sqs.Options{
			Region: "us-east-1", BaseEndpoint: aws.String("http://" + address), RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", secret, ""),
		})
		_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: aws.String("orders"), MessageBody: aws.String(strings.Repeat(difficultBody, 1000)),
		})
		return err
	}
	if err := send("secret"); err != nil {
		t.Error(err)
	}
	if c := domain.caller; c.Account != "123456789012" || c.AccessKeyID != "AKIDEXAMPLE" || c.SourceIP != "127.0.0.1" || c.Secure ||
		!strings.HasPrefix(c.Principal, "AIDA") {
		t.Errorf("caller %+v", c)
	}
	if failure, ok := errors.AsType[smithy.APIError](send("wrong")); !ok || failure.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("wrong secret: %v", failure)
	}

	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+address+"/123456789012/orders?Action=SendMessage&MessageBody=hello+%3C%C3%A9%3E&Version=2012-11-05&X-Amz-Expires=60", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	signed, _, err := signer.NewSigner().PresignHTTP(ctx, aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, r, emptyHash, "sqs", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	domain.takeCalls()
	for url, want := range map[string]int{signed: http.StatusOK, strings.Replace(signed, "hello", "HELLO", 1): http.StatusForbidden} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != want {
			t.Errorf("%s: status %d, body %s, error %v", url, response.StatusCode, body, err)
		}
	}
	if got, want := domain.takeCalls(), `SendMessage 123456789012/orders {"Body":"hello \u003cé\u003e"}`; got != want {
		t.Errorf("calls %s, want %s", got, want)
	}
}
