package invocation

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLast(t *testing.T) {
	h := NewHistory()
	for n := range keptPerFunction + 5 {
		h.Add(&Invocation{Function: "f", RequestID: strconv.Itoa(n)})
	}
	h.Add(&Invocation{Function: "g", RequestID: "other"})
	var got []string
	for _, i := range h.Last("f", 3) {
		got = append(got, i.RequestID)
	}
	if d := cmp.Diff([]string{"104", "103", "102"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if all := h.Last("f", 1000); len(all) != keptPerFunction || all[len(all)-1].RequestID != "5" {
		t.Errorf("%d are kept", len(all))
	}
	h.Forget("f")
	if all := h.Last("f", 1000); all != nil {
		t.Errorf("%d are kept of what is forgotten", len(all))
	}
}

// TestRoomIsBounded lets one function log much: it forgets its own, not those of another.
func TestRoomIsBounded(t *testing.T) {
	h := NewHistory()
	h.limit = 100 << 10
	h.Add(&Invocation{Function: "quiet", RequestID: "1"})
	for range keptPerFunction {
		h.Add(&Invocation{Function: "loud", Log: strings.Repeat("x", 4<<10)})
	}
	if h.size > h.limit {
		t.Errorf("%d bytes are kept", h.size)
	}
	if len(h.Last("quiet", 1)) != 1 || len(h.Last("loud", 100)) < 10 {
		t.Errorf("%d of the quiet and %d of the loud function are kept", len(h.Last("quiet", 1)), len(h.Last("loud", 100)))
	}
}

func TestRecords(t *testing.T) {
	var ids []string
	for n := range KeptMessages + 5 {
		ids = append(ids, strconv.Itoa(n))
	}
	tests := []struct {
		name, failure string
		failed, want  []string
	}{
		{"all done", "", nil, nil},
		{"one failed", "", ids[1:2], ids[1:2]},
		{"many failed", "", ids[1:], ids[1 : KeptMessages+1]},
		{"crashed", "crashed", nil, ids[:KeptMessages]},
	}
	for _, tt := range tests {
		i := &Invocation{Failure: tt.failure}
		i.SetRecords(ids, tt.failed)
		if d := cmp.Diff(tt.want, i.Failed); d != "" || i.Records != len(ids) || len(i.Messages) != KeptMessages {
			t.Errorf("%s: %d records (-want +got):\n%s", tt.name, i.Records, d)
		}
	}
}

func TestTail(t *testing.T) {
	var tail Tail
	for n := range 10_000 {
		tail.Line(strconv.Itoa(n))
	}
	got := tail.String()
	if len(got) != TailSize || !strings.HasSuffix(got, "9998\n9999\n") {
		t.Errorf("%d bytes that end with %q", len(got), got[len(got)-20:])
	}
}
