package queue

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestMessageIDText(t *testing.T) {
	t.Parallel()
	var id MessageID
	if _, err := hex.Decode(id[:], []byte("0123456789abcdeffedcba9876543210")); err != nil {
		t.Fatal(err)
	}
	const want = "01234567-89ab-cdef-fedc-ba9876543210"
	if got := id.String(); got != want {
		t.Errorf("String gives %s, want %s", got, want)
	}
	if got, err := id.AppendText([]byte("id ")); err != nil || string(got) != "id "+want {
		t.Errorf("AppendText gives %s, %v", got, err)
	}
}

func TestMessageIDsAreDistinct(t *testing.T) {
	t.Parallel()
	var source idSource
	seen := map[MessageID]bool{}
	for range 1000 { // more than one buffer
		id := source.next()
		if seen[id] {
			t.Fatalf("%s was made twice", id)
		}
		seen[id] = true
		if text := id.String(); text[14] != '4' || !strings.ContainsRune("89ab", rune(text[19])) {
			t.Fatalf("%s is not of version 4", text)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	const want = "MissingParameter: The request must contain the parameter X."
	if got := missingParameter("X").Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (&Error{Code: CodeInternalFailure}).Error(); got != "InternalFailure" {
		t.Errorf("%q, want the code alone", got)
	}
}
