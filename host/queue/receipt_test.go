package queue

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func testSealer(t testing.TB, fill byte) *receiptSealer {
	t.Helper()
	sealer, err := newReceiptSealer(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func TestReceiptHandles(t *testing.T) {
	t.Parallel()
	sealer := testSealer(t, 1)
	var scratch receiptScratch
	handles := []Handle{
		{ReceivedAt: time.UnixMilli(0)},
		{Queue: 1, Sequence: 2, ReceiveCount: 3, ReceivedAt: time.UnixMilli(1_700_000_000_123)},
		{Queue: 1, Sequence: 2, ReceiveCount: 3, ReceivedAt: time.UnixMilli(1_700_000_000_124)},
		{Queue: 1, Sequence: 2, ReceiveCount: 4, ReceivedAt: time.UnixMilli(1_700_000_000_123)},
		{Queue: 1<<64 - 1, Sequence: 1<<64 - 1, ReceiveCount: 1<<32 - 1, ReceivedAt: time.UnixMilli(1<<62 - 1)},
	}
	nonces := map[string]bool{}
	for _, handle := range handles {
		text := sealer.seal(handle, &scratch)
		nonce := string(scratch.sealed[1 : 1+receiptNonce])
		if nonces[nonce] {
			t.Errorf("%+v has the nonce of another", handle)
		}
		nonces[nonce] = true
		got, ok := sealer.open(text, &scratch)
		if !ok || got != handle {
			t.Errorf("opens as %+v, %v; want %+v", got, ok, handle)
		}
		if again := sealer.seal(handle, &scratch); again != text {
			t.Errorf("%+v is %s and then %s", handle, text, again)
		}
		if other := testSealer(t, 2); other.seal(handle, &scratch) == text {
			t.Error("another key makes the same")
		} else if _, ok := other.open(text, &scratch); ok {
			t.Error("opens with another key")
		}
	}
	// Milliseconds are kept, finer parts of the time are not.
	at := time.UnixMilli(1).Add(999 * time.Microsecond)
	if got, _ := sealer.open(sealer.seal(Handle{ReceivedAt: at}, &scratch), &scratch); !got.ReceivedAt.Equal(time.UnixMilli(1)) {
		t.Errorf("received at %v", got.ReceivedAt)
	}
}

func TestForgedReceiptHandles(t *testing.T) {
	t.Parallel()
	sealer := testSealer(t, 1)
	var scratch receiptScratch
	text := sealer.seal(Handle{Queue: 1, Sequence: 2}, &scratch)
	forged := []string{"", "A", text[1:], text + "A", text + "\n", "\n" + text[1:], strings.Repeat("A", len(text)), strings.Repeat("=", len(text))}
	for i := range len(text) {
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		forged = append(forged, text[:i]+string(other)+text[i+1:])
	}
	for _, handle := range forged {
		if _, ok := sealer.open(handle, &scratch); ok {
			t.Errorf("%q opens; only %q was made", handle, text)
		}
	}
}

func TestReceiptKeyMustBeAKey(t *testing.T) {
	t.Parallel()
	if _, err := newReceiptSealer([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

func FuzzReceiptHandle(f *testing.F) {
	sealer := testSealer(f, 1)
	var scratch receiptScratch
	sealed := Handle{Queue: 1, Sequence: 2, ReceiveCount: 3, ReceivedAt: time.UnixMilli(4)}
	valid := sealer.seal(sealed, &scratch)
	for _, seed := range []string{valid, valid[1:], valid + "=", "", "garbage", "AQEB" + valid[4:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// The only handle that was made is the seed; it opens, nothing else does.
		var scratch receiptScratch
		if got, ok := sealer.open(text, &scratch); ok && got != sealed {
			t.Errorf("%q opens as %+v, which was never sealed", text, got)
		}
	})
}
