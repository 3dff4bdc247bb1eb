package body

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
)

func newBodyRequest(t *testing.T, body io.Reader, length int64) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
	r.ContentLength = length
	return r
}

// limit is that of the bodies of these tests.
const limit = 8 << 20

// The declared length is a hint and costs nothing when it is a lie.
func TestBodyRead(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, first - 1, first, first + 1, Small - 1, Small, Small + 1, 1 << 20, limit} {
		content := bytes.Repeat([]byte("x"), size)
		for _, length := range []int64{int64(size), -1, 0, limit} {
			for name, reader := range map[string]io.Reader{
				"at once": bytes.NewReader(content), "data with EOF": iotest.DataErrReader(bytes.NewReader(content)),
			} {
				budget := NewBudget(Large)
				var body Buffer
				if err := body.Read(newBodyRequest(t, reader, length), limit, budget); err != nil || !bytes.Equal(body.bytes, content) {
					t.Fatalf("%d bytes %s, declared %d: read %d, error %v", size, name, length, len(body.bytes), err)
				}
				if size <= Small/2 && cap(body.bytes) > Small {
					t.Errorf("%d bytes, declared %d: buffer of %d", size, length, cap(body.bytes))
				}
				body.Release(budget)
				if used := budget.used.Load(); used != 0 {
					t.Errorf("%d bytes: %d still used", size, used)
				}
				if cap(body.bytes) > Small {
					t.Errorf("%d bytes: a buffer of %d is kept", size, cap(body.bytes))
				}
			}
		}
	}
}

// zeros never end.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	z.read += len(p)
	return len(p), nil
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	budget := NewBudget(Large)
	var body Buffer
	if err := body.Read(newBodyRequest(t, http.NoBody, limit+1), limit, budget); !errors.Is(err, ErrTooLarge) {
		t.Errorf("declared: %v", err)
	}
	endless := &zeros{}
	if err := body.Read(newBodyRequest(t, endless, -1), limit, budget); !errors.Is(err, ErrTooLarge) {
		t.Errorf("sent: %v", err)
	}
	if endless.read > limit+1 {
		t.Errorf("%d bytes were read", endless.read)
	}
}

// However many clients send large bodies, what they cost together is bounded, and small
// requests still get through.
func TestBodyBudget(t *testing.T) {
	t.Parallel()
	const large = Small + 1
	budget := NewBudget(4 * 2 * Small)
	var held []*Buffer
	for {
		body := new(Buffer)
		err := body.Read(newBodyRequest(t, bytes.NewReader(make([]byte, large)), large), limit, budget)
		if errors.Is(err, ErrNoMemory) {
			body.Release(budget)
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, body)
	}
	if len(held) != 4 {
		t.Errorf("%d large bodies at a time", len(held))
	}
	small := new(Buffer)
	if err := small.Read(newBodyRequest(t, bytes.NewReader(make([]byte, Small/2)), Small/2), limit, budget); err != nil {
		t.Errorf("a small body: %v", err)
	}
	for _, body := range held {
		body.Release(budget)
	}
	if used := budget.used.Load(); used != 0 {
		t.Errorf("%d still used", used)
	}
}

// A limit below the buffer that a request starts with is one as well.
func TestBodySmallLimit(t *testing.T) {
	t.Parallel()
	budget := NewBudget(Large)
	for size, want := range map[int]error{0: nil, 10: nil, 11: ErrTooLarge, Small: ErrTooLarge} {
		var body Buffer
		if err := body.Read(newBodyRequest(t, bytes.NewReader(make([]byte, size)), -1), 10, budget); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}

func TestBodyEncoding(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[string]error{"": nil, "identity": nil, "gzip": ErrEncoding} {
		r := newBodyRequest(t, http.NoBody, 0)
		r.Header.Set("Content-Encoding", encoding)
		var body Buffer
		if err := body.Read(r, limit, NewBudget(Large)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", encoding, err, want)
		}
	}
}

func TestBodyEndsEarly(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	var body Buffer
	err := body.Read(newBodyRequest(t, iotest.ErrReader(broken), 10), limit, NewBudget(Large))
	if !errors.Is(err, broken) || !errors.Is(err, ErrEndedEarly) {
		t.Errorf("error %v", err)
	}
}
