package bench

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// scripted answers the n-th request with the n-th text, in pieces. An empty text hangs up.
func scripted(t *testing.T, answers ...string) (_ *route, connections <-chan int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count := make(chan int, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		opened := 0
		defer func() { count <- opened }()
		for len(answers) > 0 {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			opened++
			in := bufio.NewReader(c)
			for len(answers) > 0 {
				if _, err := http.ReadRequest(in); err != nil {
					break
				}
				text := answers[0]
				answers = answers[1:]
				for piece := range strings.SplitAfterSeq(text, "|") {
					if _, err := c.Write([]byte(strings.TrimSuffix(piece, "|"))); err != nil {
						break
					}
					time.Sleep(time.Millisecond) // so that the pieces are read one by one
				}
				if text == "" || strings.Contains(text, "close") {
					break
				}
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	e := testEndpoint()
	e.URL = "http://" + listener.Addr().String()
	return testRoute(t, e), count
}

func TestConnection(t *testing.T) {
	r, connections := scripted(t,
		"HTTP/1.1 200 OK\r\nContent-Le|ngth: 5\r|\n\r\nhel|lo",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{|}\r\n0\r|\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast",
		"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n|"+strings.Repeat("x", 100_000),
	)
	c := newClient(r)
	defer c.close()
	for i, want := range []answer{{200, []byte("hello")}, {400, nil}, {200, []byte("{}")}, {200, []byte("last")}, {200, []byte(strings.Repeat("x", 100_000))}} {
		request := c.signer.appendRequest(nil, "SendMessage", nil, time.Now())
		got, err := c.connection.do(t.Context(), request)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if got.status != want.status || string(got.body) != string(want.body) {
			t.Errorf("request %d was answered %d %.50q, want %d %.50q", i, got.status, got.body, want.status, want.body)
		}
	}
	if opened := <-connections; opened != 2 {
		t.Errorf("%d connections for five requests of which one was answered with close", opened)
	}
}

func TestConnectionRefusesWrongAnswers(t *testing.T) {
	for name, text := range map[string]string{
		"hangs up":       "",
		"no HTTP":        "SSH-2.0-OpenSSH\r\n\r\n",
		"no length":      "HTTP/1.1 200 OK\r\n\r\nclose",
		"too long":       "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nclose",
		"more than one":  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}close",
		"ends too early": "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := scripted(t, text)
			c := newClient(r)
			defer c.close()
			var failed *Error
			if _, err := c.call(t.Context(), "SendMessage", nil); !errors.As(err, &failed) || failed.Code != CodeUnreachable {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestConnectionEndsWithContext(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	e := testEndpoint()
	e.URL = "http://" + silent.Addr().String()
	c := newClient(testRoute(t, e))
	defer c.close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.call(ctx, "SendMessage", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
