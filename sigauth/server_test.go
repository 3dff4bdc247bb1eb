package sigauth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	awsv1 "github.com/aws/aws-sdk-go/aws"
	credentialsv1 "github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	sqsv1 "github.com/aws/aws-sdk-go/service/sqs"
)

const testToken = "a/session+token=="

// checkingServer answers every request as SQS does that has nothing to say, and keeps what became of the signatures.
type checkingServer struct {
	url string

	mu       sync.Mutex
	accepted int
	refused  []string
}

func newCheckingServer(t *testing.T, credential Credential) *checkingServer {
	t.Helper()
	verifier := newVerifier(t, Options{Explain: true, Now: time.Now}, credential)
	server := &checkingServer{}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = verifier.Verify(r, body)
		}
		server.mu.Lock()
		defer server.mu.Unlock()
		if err != nil {
			server.refused = append(server.refused, fmt.Sprintf("%s %s %v:\n%s", r.Method, r.URL, r.Header, explanation(err)))
			w.WriteHeader(http.StatusForbidden)
			return
		}
		server.accepted++
		if r.Header.Get("X-Amz-Target") != "" {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			_, _ = io.WriteString(w, "{}")
			return
		}
		_, _ = io.WriteString(w, "<Response><Result/></Response>")
	}))
	t.Cleanup(listener.Close)
	server.url = listener.URL
	return server
}

// check wants that many requests to have come since the last check, all of them accepted.
func (s *checkingServer) check(t *testing.T, want int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) > 0 || s.accepted != want {
		t.Errorf("%d accepted, want %d; refused: %s", s.accepted, want, strings.Join(s.refused, "\n"))
	}
	s.accepted, s.refused = 0, nil
}

func sessionCredential() Credential {
	credential := testCredential()
	credential.SessionToken = testToken
	return credential
}

// TestSDKForGo: AWS JSON over a real connection, with permanent and with temporary credentials.
func TestSDKForGo(t *testing.T) {
	for _, credential := range []Credential{testCredential(), sessionCredential()} {
		server := newCheckingServer(t, credential)
		client := sqs.New(sqs.Options{
			BaseEndpoint: aws.String(server.url), Region: "eu-central-1", RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(
				credential.AccessKeyID, credential.SecretAccessKey, credential.SessionToken),
		})
		// The answers are empty, so that the client may complain of them; what counts is what the server says.
		_, _ = client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
		_, _ = client.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String(server.url + "/000000000000/q"), MessageBody: aws.String("ä \x09 ü"),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"a": {DataType: aws.String("String"), StringValue: aws.String("v")},
			},
		})
		server.check(t, 2)
	}
}

// TestSDKForGoV1: signed, and presigned as a POST that signs content-length and has its target in the query.
func TestSDKForGoV1(t *testing.T) {
	for _, credential := range []Credential{testCredential(), sessionCredential()} {
		server := newCheckingServer(t, credential)
		started, err := session.NewSession(&awsv1.Config{
			Endpoint: &server.url, Region: new("us-west-2"), MaxRetries: new(0),
			Credentials: credentialsv1.NewStaticCredentials(
				credential.AccessKeyID, credential.SecretAccessKey, credential.SessionToken),
		})
		if err != nil {
			t.Fatal(err)
		}
		client := sqsv1.New(started)
		input := &sqsv1.SendMessageInput{
			QueueUrl: new(server.url + "/000000000000/q"), MessageBody: new("a+b c%2F*~ä"),
		}
		_, _ = client.SendMessageWithContext(t.Context(), input) // the answer is empty
		server.check(t, 1)

		presign, _ := client.SendMessageRequest(input)
		if err := presign.Build(); err != nil {
			t.Fatal(err)
		}
		url, err := presign.Presign(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = presign.GetBody().Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(presign.GetBody())
		if err != nil {
			t.Fatal(err)
		}
		send(t, http.MethodPost, url, string(body), http.Header{"Content-Type": {"application/x-amz-json-1.0"}})
		server.check(t, 1)
	}
}

// TestPresignedBySDK: the JSON body of a presigned POST is part of the signature.
func TestPresignedBySDK(t *testing.T) {
	server := newCheckingServer(t, sessionCredential())
	for _, test := range []struct{ method, body string }{{http.MethodGet, ""}, {http.MethodPost, `{"QueueUrl":"q"}`}} {
		r, err := http.NewRequestWithContext(t.Context(), test.method,
			server.url+"/000000000000/q?Action=SendMessage&MessageBody=a%2Bb%20c", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		url, _, err := signer.NewSigner().PresignHTTP(t.Context(),
			aws.Credentials{AccessKeyID: vectorKey, SecretAccessKey: vectorSecret, SessionToken: testToken},
			r, hashText([]byte(test.body)), "sqs", "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		send(t, test.method, url, test.body, http.Header{})
		server.check(t, 1)
	}
}

func send(t *testing.T, method, url, body string, header http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestHeadersNetHTTPKeepsApart signs content-length and sends a chunked body over a real connection: net/http hands the
// server neither as the client wrote it.
func TestHeadersNetHTTPKeepsApart(t *testing.T) {
	server := newCheckingServer(t, testCredential())
	for _, chunked := range []bool{false, true} {
		body := []byte("Action=ListQueues")
		signing := newSigning()
		signing.at = time.Now()
		signing.scope = signing.at.UTC().Format("20060102") + "/us-east-1/sqs/aws4_request"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+"/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		signing.signed = "content-length;host;x-amz-date"
		if chunked {
			signing.signed = "host;transfer-encoding;x-amz-date"
			r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
		}
		signing.sign(t, r, body)
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		server.check(t, 1)
	}
}

// TestCurl: curl --aws-sigv4, where it is installed.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl")
	}
	if help, err := exec.CommandContext(t.Context(), curl, "--help", "all").Output(); err != nil ||
		!bytes.Contains(help, []byte("--aws-sigv4")) {
		t.Skip("this curl does not sign")
	}
	server := newCheckingServer(t, testCredential())
	for _, arguments := range [][]string{
		{"--data", "Action=ListQueues&QueueNamePrefix=a%20b", server.url + "/"},
		{"--data", "Action=SendMessage&MessageBody=a", server.url + "/000000000000/q"},
		{"--data", "{}", "-H", "Content-Type: application/x-amz-json-1.0", "-H", "X-Amz-Target: AmazonSQS.ListQueues", server.url + "/"},
		{server.url + "/?Action=ListQueues"},
	} {
		command := exec.CommandContext(t.Context(), curl, append([]string{
			"--silent", "--show-error", "--user", vectorKey + ":" + vectorSecret, "--aws-sigv4", "aws:amz:us-east-1:sqs",
		}, arguments...)...)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("curl %v: %v\n%s", arguments, err, output)
		}
		server.check(t, 1)
	}
}

// TestBoto3: botocore's signer in both protocols and presigned, where it is installed.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	if err := exec.CommandContext(t.Context(), python, "-c", "import botocore").Run(); err != nil {
		t.Skip("no botocore")
	}
	server := newCheckingServer(t, sessionCredential())
	const script = `
import json, sys, urllib.request
import botocore.session
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
given = json.load(sys.stdin)
credentials = Credentials(given["key"], given["secret"], given["token"])
def send(auth, method, path, body, headers):
    request = AWSRequest(method=method, url=given["url"] + path, data=body, headers=headers)
    auth.add_auth(request)
    prepared = request.prepare()
    data = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    urllib.request.urlopen(urllib.request.Request(
        prepared.url, data=data, headers=dict(prepared.headers), method=method)).read()
signer = SigV4Auth(credentials, "sqs", "us-east-1")
form = {"Content-Type": "application/x-www-form-urlencoded"}
send(signer, "POST", "/000000000000/q", "Action=SendMessage&MessageBody=a+b%2Fc", form)
send(signer, "POST", "/a%20b//q/../%C3%A4", "Action=ListQueues", form)
send(signer, "GET", "/?Action=ListQueues&QueueNamePrefix=a%20b~%2B", None, {"X-Custom": "  a   b "})
send(signer, "POST", "/", "Action=ListQueues", dict(form, Date="now"))
send(SigV4QueryAuth(credentials, "sqs", "us-east-1", expires=60), "GET", "/?Action=ListQueues", None, {})
client = botocore.session.Session().create_client("sqs", region_name="us-east-1", endpoint_url=given["url"],
    aws_access_key_id=given["key"], aws_secret_access_key=given["secret"], aws_session_token=given["token"],
    config=botocore.config.Config(retries={"total_max_attempts": 1}))
client.list_queues()
urllib.request.urlopen(urllib.request.Request(client.generate_presigned_url("list_queues"), data=b"", headers={
    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues", "X-Amzn-Query-Mode": "true"})).read()
`
	given, err := json.Marshal(map[string]string{
		"url": server.url, "key": vectorKey, "secret": vectorSecret, "token": testToken,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, python, "-c", script)
	command.Stdin = bytes.NewReader(given)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	server.check(t, 7)
}
