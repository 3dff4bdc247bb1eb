package sqsapi

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

// The declared length is a hint and costs nothing when it is a lie.
func TestBodyRead(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, firstBody - 1, firstBody, firstBody + 1, smallBody - 1, smallBody, smallBody + 1, mebibyte, maxBody} {
		content := bytes.Repeat([]byte("x"), size)
		for _, length := range []int64{int64(size), -1, 0, maxBody} {
			for name, reader := range map[string]io.Reader{
				"at once": bytes.NewReader(content), "data with EOF": iotest.DataErrReader(bytes.NewReader(content)),
			} {
				budget := bodyBudget{limit: largeBodies}
				var body requestBody
				if err := body.read(newBodyRequest(t, reader, length), &budget); err != nil || !bytes.Equal(body.bytes, content) {
					t.Fatalf("%d bytes %s, declared %d: read %d, error %v", size, name, length, len(body.bytes), err)
				}
				if size <= smallBody/2 && cap(body.bytes) > smallBody {
					t.Errorf("%d bytes, declared %d: buffer of %d", size, length, cap(body.bytes))
				}
				body.release(&budget)
				if used := budget.used.Load(); used != 0 {
					t.Errorf("%d bytes: %d still used", size, used)
				}
				if cap(body.bytes) > smallBody {
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
	budget := bodyBudget{limit: largeBodies}
	var body requestBody
	if err := body.read(newBodyRequest(t, http.NoBody, maxBody+1), &budget); !errors.Is(err, errBodyTooLarge) {
		t.Errorf("declared: %v", err)
	}
	endless := &zeros{}
	if err := body.read(newBodyRequest(t, endless, -1), &budget); !errors.Is(err, errBodyTooLarge) {
		t.Errorf("sent: %v", err)
	}
	if endless.read > maxBody+1 {
		t.Errorf("%d bytes were read", endless.read)
	}
}

// However many clients send large bodies, what they cost together is bounded, and small
// requests still get through.
func TestBodyBudget(t *testing.T) {
	t.Parallel()
	const large = smallBody + 1
	budget := bodyBudget{limit: 4 * 2 * smallBody}
	var held []*requestBody
	for {
		body := new(requestBody)
		err := body.read(newBodyRequest(t, bytes.NewReader(make([]byte, large)), large), &budget)
		if errors.Is(err, errNoBodyMemory) {
			body.release(&budget)
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
	small := new(requestBody)
	if err := small.read(newBodyRequest(t, bytes.NewReader(make([]byte, smallBody/2)), smallBody/2), &budget); err != nil {
		t.Errorf("a small body: %v", err)
	}
	for _, body := range held {
		body.release(&budget)
	}
	if used := budget.used.Load(); used != 0 {
		t.Errorf("%d still used", used)
	}
}

func TestBodyEndsEarly(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	var body requestBody
	err := body.read(newBodyRequest(t, iotest.ErrReader(broken), 10), &bodyBudget{limit: largeBodies})
	if !errors.Is(err, broken) || faultOf(err).code != codeMalformedInput {
		t.Errorf("error %v", err)
	}
}
