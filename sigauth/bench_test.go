package sigauth

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// jsonRequest is a SendMessage as the SDKs send it, signed by the SDK for Go, v2, and as a server sees it.
func jsonRequest(tb testing.TB, body []byte, at time.Time) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://localhost:3001/", http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	r.Header.Set("User-Agent", "aws-sdk-go-v2/1.40.0 ua/2.1 os/linux lang/go#1.26 md/GOOS#linux md/GOARCH#amd64 api/sqs#1.42.0")
	r.Header.Set("Amz-Sdk-Invocation-Id", "5f1b9a4e-64b1-4ad9-a3a7-0d3a4a9c0f52")
	r.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
	r.ContentLength = int64(len(body))
	err = signer.NewSigner().SignHTTP(context.Background(),
		aws.Credentials{AccessKeyID: vectorKey, SecretAccessKey: vectorSecret}, r, hashText(body), "sqs", "us-east-1", at)
	if err != nil {
		tb.Fatal(err)
	}
	received := httptest.NewRequestWithContext(context.Background(), r.Method, "/", bytes.NewReader(body))
	received.Host, received.Header = r.URL.Host, r.Header
	return received
}

// BenchmarkVerify is one SendMessage of 1 KiB; the budget is 10 µs and 12 allocations.
func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1024)
	r := jsonRequest(b, body, vectorTime())
	verifier := newVerifier(b, Options{}, Credential{
		AccessKeyID: vectorKey, SecretAccessKey: vectorSecret, AccountID: "000000000000",
	})
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := verifier.Verify(r, body); err != nil {
			b.Fatal(err)
		}
	}
}
