package hosttest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/hosttest"
)

// get returns the status and body of a page of the console port.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestHealthAndReadiness(t *testing.T) {
	server := hosttest.Start(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		status, body := get(t, server.ConsoleURL()+path)
		var answer struct{ Status string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Status != "ok" {
			t.Errorf("%s answered %d %s", path, status, body)
		}
	}
}

// TestStopAnswersLongPolls stops a server while clients wait in it: they get an empty
// answer and no broken connection.
func TestStopAnswersLongPolls(t *testing.T) {
	server := hosttest.Start(t)
	c := v2{server.SQS()}
	url := newQueue(t, c, "idle", nil)
	const polls = 20
	errs, asked := make(chan error, polls), make(chan struct{}, polls)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { asked <- struct{}{} },
	})
	for range polls {
		go func() {
			messages, err := c.receive(ctx, url, receive{Most: 1, Wait: 20})
			if len(messages) > 0 {
				t.Error("received a message from an empty queue")
			}
			errs <- err
		}()
	}
	for range polls {
		<-asked
	}
	time.Sleep(300 * time.Millisecond) // the polls are most likely waiting by now
	began := time.Now()
	server.Stop()
	if took := time.Since(began); took > 15*time.Second { // they would end by themselves after twenty
		t.Errorf("stopping took %s", took)
	}
	for range polls {
		if err := <-errs; err != nil {
			t.Errorf("a long poll ended with %v, want an empty answer", err)
		}
	}
}

// TestRestartKeepsEverything starts a second server on the data of the first.
func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	first := hosttest.Start(t, hosttest.Dir(dir))
	c := v2{first.SQS()}
	url := newQueue(t, c, "kept", map[string]string{"VisibilityTimeout": "120"})
	for _, body := range []string{"held", "waiting"} {
		if _, err := c.send(t.Context(), url, message{Body: body}); err != nil {
			t.Fatal(err)
		}
		if body == "held" {
			mustReceive(t, c, url, 1, receive{})
		}
	}
	first.Stop()

	second := hosttest.Start(t, hosttest.Dir(dir))
	c = v2{second.SQS()}
	again, err := c.getQueueURL(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if got := mustReceive(t, c, again, 1, receive{})[0].Body; got != "waiting" {
		t.Errorf("received %q after the restart, want the message that was not in flight", got)
	}
	mustBeEmpty(t, c, again)
	attributes, err := c.getAttributes(t.Context(), again, "VisibilityTimeout", "ApproximateNumberOfMessagesNotVisible")
	if err != nil || attributes["VisibilityTimeout"] != "120" || attributes["ApproximateNumberOfMessagesNotVisible"] != "2" {
		t.Errorf("attributes after the restart: %v, %v", attributes, err)
	}
}
