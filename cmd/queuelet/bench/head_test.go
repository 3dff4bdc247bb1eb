package bench

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHead(t *testing.T) {
	for text, want := range map[string]head{
		"HTTP/1.1 200 OK\r\nContent-Length: 12":                              {status: 200, length: 12},
		"HTTP/1.1 200\r\ncontent-length:0\r\nX: y":                           {status: 200, length: 0},
		"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked":             {status: 400, length: -1, chunked: true},
		"HTTP/1.1 503 Slow Down\r\nConnection: Close\r\nContent-Length:  1 ": {status: 503, length: 1, closing: true},
		"HTTP/1.0 200 OK\r\nContent-Length: 3":                               {status: 200, length: 3, closing: true},
		"HTTP/1.1 204 No Content":                                            {status: 204, length: -1},
	} {
		got, err := parseHead([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, text := range []string{
		"", "HTTP/2 200", "HTTP/1.1 OK", "HTTP/1.1 2000 OK", "SSH-2.0-x", "HTTP/1.1 200 OK\r\nno header",
		"HTTP/1.1 200 OK\r\nContent-Length: -1", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999",
	} {
		if h, err := parseHead([]byte(text)); err == nil {
			t.Errorf("%q was read as %+v", text, h)
		}
	}
}

func TestDechunk(t *testing.T) {
	whole := "5\r\nhello\r\n1;x=y\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
	const want = "hello 0123456789"
	for end := range len(whole) {
		if body, used, err := dechunk([]byte(whole[:end])); err != nil || used != 0 {
			t.Fatalf("%d bytes of %d were taken for all of it: %q, %v", end, len(whole), body, err)
		}
	}
	body, used, err := dechunk([]byte(whole + "next"))
	if err != nil || string(body) != want || used != len(whole) {
		t.Errorf("got %q and %d bytes, %v; want %q and %d", body, used, err, want, len(whole))
	}
	for _, text := range []string{"x\r\n", "-1\r\n", "3\r\nabcdef\r\n", "fffffffff\r\n"} {
		if _, _, err := dechunk([]byte(text)); err == nil {
			t.Errorf("%q was taken for chunks", text)
		}
	}
}

// FuzzAnswer compares with net/http on whatever both accept.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		top, rest, found := bytes.Cut(text, []byte("\r\n\r\n"))
		if !found {
			return
		}
		got, err := parseHead(top)
		var body []byte
		complete := false
		switch {
		case err != nil:
			return
		case got.chunked:
			var used int
			if body, used, err = dechunk(rest); err != nil {
				return
			}
			complete = used > 0
		case got.length >= 0 && got.length <= len(rest):
			body, complete = rest[:got.length], true
		}
		want, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if err != nil || !complete || strings.Count(strings.ToLower(string(top)), "\ncontent-length") > 1 {
			return
		}
		defer want.Body.Close()
		wantBody, err := io.ReadAll(want.Body)
		if err != nil || want.StatusCode != got.status || want.StatusCode < 200 || want.StatusCode == http.StatusNoContent || want.StatusCode == http.StatusNotModified {
			return
		}
		if got.chunked == (len(want.TransferEncoding) > 0) && !bytes.Equal(body, wantBody) {
			t.Errorf("read %q, net/http reads %q", body, wantBody)
		}
	})
}
