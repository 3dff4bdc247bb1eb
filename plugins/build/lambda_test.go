package build_test

import (
	"strings"
	"testing"

	"github.com/queuelet/queuelet/plugins/plugintest"
)

// TestLambda runs a program that calls lambda.Start of aws-lambda-go, as it is.
func TestLambda(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds functions")
	}
	f := plugintest.Load(t, "testdata/lambda")
	for range 3 {
		outcome := f.Invoke("one", "poison", "three")
		if outcome.Err != nil || outcome.Failed(0) || !outcome.Failed(1) || outcome.Failed(2) {
			t.Errorf("failures %v, error %v", outcome.Failures, outcome.Err)
		}
	}
	const about = "request test-3 of function, arn:aws:lambda:us-east-1:000000000000:function:function, with 128 MB"
	if !strings.Contains(f.Log(), about) {
		t.Errorf("the log does not say %q", about)
	}
	large := f.Invoke(strings.Repeat("x", 1<<20), "poison")
	if large.Err != nil || !large.Failed(1) {
		t.Errorf("with a large body: failures %v, error %v", large.Failures, large.Err)
	}
	if outcome := f.Invoke("one", "stream"); outcome.Err != nil || outcome.Failed(0) || !outcome.Failed(1) {
		t.Errorf("of a stream: failures %v, error %v", outcome.Failures, outcome.Err)
	}
	for body, want := range map[string]string{
		"error": "errorString: failed as asked", "panic": "panic: as asked", "broken stream": "the stream broke",
	} {
		if outcome := f.Invoke("one", body); outcome.Err == nil || !strings.Contains(outcome.Err.Error(), want) {
			t.Errorf("%s: error %v, want %s", body, outcome.Err, want)
		}
		if outcome := f.Invoke("one"); outcome.Err != nil {
			t.Errorf("after %s: %v", body, outcome.Err)
		}
	}
}
