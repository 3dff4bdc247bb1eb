package sqsapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/sqsapi"
)

// listen serves the fake over a real socket, with the timeouts that adjust sets.
func listen(t *testing.T, fake *fakeQueues, adjust func(*http.Server)) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	server := sqsapi.NewServer(newServer(t, fake, sqsapi.Options{Log: log}), log)
	if adjust != nil {
		adjust(server)
	}
	return serveOn(t, server)
}

// serveOn serves on a free port until the test ends.
func serveOn(t *testing.T, server *http.Server) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// clients are an HTTP/1.1 and an HTTP/2 client without TLS.
func clients(t *testing.T) map[string]*http.Client {
	t.Helper()
	all := map[string]*http.Client{}
	for _, name := range []string{"HTTP/1.1", "HTTP/2.0"} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(name == "HTTP/1.1")
		protocols.SetUnencryptedHTTP2(name == "HTTP/2.0")
		transport := &http.Transport{Protocols: protocols}
		t.Cleanup(transport.CloseIdleConnections)
		all[name] = &http.Client{Transport: transport}
	}
	return all
}

func newRequest(ctx context.Context, t *testing.T, address, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AmazonSQS."+target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	return r
}

const receive = `{"QueueUrl":"orders","WaitTimeSeconds":20}`

// A client that hangs up in a long poll ends the domain's call at once.
func TestHangUpEndsLongPoll(t *testing.T) {
	t.Parallel()
	for name, client := range clients(t) {
		t.Run(name, func(t *testing.T) {
			fake := &fakeQueues{block: make(chan struct{}), waiting: make(chan struct{})}
			observed := make(chan string, 1)
			log := slog.New(slog.DiscardHandler)
			address := serveOn(t, sqsapi.NewServer(newServer(t, fake, sqsapi.Options{
				Log: log, Observe: func(operation, code string, _ time.Duration) { observed <- operation + " " + code },
			}), log))
			ctx, hangUp := context.WithCancel(t.Context())
			answer := make(chan error, 1)
			go func() {
				response, err := client.Do(newRequest(ctx, t, address, "ReceiveMessage", receive))
				if err == nil {
					err = response.Body.Close()
				}
				answer <- err
			}()
			<-fake.waiting // in the call
			hangUp()
			select {
			case <-fake.waiting: // the call's context has ended
			case <-time.After(time.Minute):
				t.Fatal("the call goes on without its client")
			}
			if err := <-answer; !errors.Is(err, context.Canceled) {
				t.Errorf("client got %v", err)
			}
			if got := <-observed; got != "ReceiveMessage Disconnected" {
				t.Errorf("observed %q", got)
			}
		})
	}
}

// A long poll outlives the time that a client has to send its request.
func TestLongPollOutlivesReadTimeout(t *testing.T) {
	t.Parallel()
	const readTimeout = 500 * time.Millisecond
	for name, client := range clients(t) {
		t.Run(name, func(t *testing.T) {
			fake := &fakeQueues{block: make(chan struct{}), waiting: make(chan struct{}, 2)}
			address := listen(t, fake, func(s *http.Server) { s.ReadTimeout, s.ReadHeaderTimeout = readTimeout, readTimeout })
			go func() {
				<-fake.waiting // in the call
				time.Sleep(2 * readTimeout)
				close(fake.block)
			}()
			response, err := client.Do(newRequest(t.Context(), t, address, "ReceiveMessage", receive))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.Proto != name || string(body) != "{}" {
				t.Errorf("%s answer %q, error %v", response.Proto, body, err)
			}
		})
	}
}

// A client that sends its body too slowly is answered and cut off.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{}
	address := listen(t, fake, func(s *http.Server) { s.ReadTimeout = 100 * time.Millisecond })
	connection := dial(t, address)
	const start = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: 1000\r\n\r\n{"
	if _, err := io.WriteString(connection, start); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection) // until the server closes
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) || !bytes.Contains(answer, []byte("RequestTimeout;Sender")) {
		t.Errorf("answer %q", answer)
	}
	if calls := fake.takeCalls(); calls != "" {
		t.Errorf("the domain was called: %s", calls)
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return connection
}

// What the framing of a body may look like, on one connection each.
func TestBodyFraming(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
	const body = `{"QueueUrl":"orders","MessageBody":"hello"}`
	for _, test := range []struct {
		name, request string
		answers       []string
	}{
		{
			name:    "two requests on one connection",
			request: strings.Repeat(head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+body, 2),
			answers: []string{"200 OK", "200 OK"},
		},
		{
			name: "a connection outlives refusals",
			request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n" +
				"PUT /000000000000/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" +
				head + "Content-Length: 7\r\n\r\nno JSON" +
				"POST /?Action=%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b" +
				head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body,
			answers: []string{"404 Not Found", "404 Not Found", "400 Bad Request", "400 Bad Request", "200 OK"},
		},
		{
			name: "chunks",
			request: head + "Transfer-Encoding: chunked\r\n\r\n" +
				fmt.Sprintf("5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", body[:5], len(body)-5, body[5:]),
			answers: []string{"200 OK"},
		},
		{
			name:    "expect continue",
			request: head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body)) + body,
			answers: []string{"100 Continue", "200 OK"},
		},
		{
			name:    "expect continue for too much",
			request: head + "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n",
			answers: []string{"413 Request Entity Too Large"},
		},
		{
			name:    "announced too much",
			request: head + "Content-Length: 9000000\r\n\r\n",
			answers: []string{"413 Request Entity Too Large"},
		},
		{
			name: "sent too much",
			request: head + "Transfer-Encoding: chunked\r\n\r\n" +
				strings.Repeat("100000\r\n"+strings.Repeat(" ", 1<<20)+"\r\n", 9),
			answers: []string{"413 Request Entity Too Large"},
		},
		{
			name:    "shorter than announced",
			request: head + "Content-Length: 7\r\n\r\n" + body,
			answers: []string{"400 Bad Request"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			connection := dial(t, listen(t, &fakeQueues{}, nil))
			go func() { _, _ = io.WriteString(connection, test.request) }()
			reader := bufio.NewReader(connection)
			for _, want := range test.answers {
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || response.Status != want {
					t.Fatalf("status %q, want %q; body %q, error %v", response.Status, want, text, err)
				}
				if response.StatusCode == http.StatusContinue {
					continue
				}
				if response.ContentLength != int64(len(text)) || response.Header.Get("Date") == "" || response.Header.Get("X-Amzn-Requestid") == "" {
					t.Errorf("length %d of %d, header %v", response.ContentLength, len(text), response.Header)
				}
			}
		})
	}
}

// A batch of ten messages whose every byte is escaped, the longest legal request there
// is, gets through; its answer carries the digests of what was meant.
func TestLongestLegalRequest(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{}
	address := listen(t, fake, nil)
	message := strings.Repeat(`\u003c`, 1<<20/10)
	var body strings.Builder
	body.WriteString(`{"QueueUrl":"orders","Entries":[`)
	for i := range 10 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"Id":"%d","MessageBody":"%s"}`, i, message)
	}
	body.WriteString("]}")
	for name, client := range clients(t) {
		response, err := client.Do(newRequest(t.Context(), t, address, "SendMessageBatch", body.String()))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, error %v", name, response.StatusCode, err)
		}
	}
	if got, want := len(fake.stored[9].Body), 1<<20/10; got != want {
		t.Errorf("a body of %d bytes arrived, want %d", got, want)
	}
}

// A panic answers 500 and leaves the connection usable.
func TestPanic(t *testing.T) {
	t.Parallel()
	fake := &fakeQueues{panics: true}
	address := listen(t, fake, nil)
	for name, client := range clients(t) {
		response, err := client.Do(newRequest(t.Context(), t, address, "SendMessage", `{"QueueUrl":"orders","MessageBody":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusInternalServerError ||
			response.Header.Get("X-Amzn-Query-Error") != "InternalFailure;Receiver" ||
			!bytes.Contains(body, []byte("com.amazon.coral.service#InternalFailure")) {
			t.Errorf("%s: status %d, body %s, error %v", name, response.StatusCode, body, err)
		}
	}
}
