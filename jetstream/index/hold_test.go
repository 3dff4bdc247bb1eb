package index

import (
	"errors"
	"fmt"
	"testing"
)

func TestHold(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		t.Run(fmt.Sprintf("fifo=%t", fifo), func(t *testing.T) {
			x := New(Options{FIFO: fifo})
			for seq := range uint64(4) {
				x.Add(1, Item{Seq: seq + 1, Sent: 1, Group: "g"})
			}
			held, last := x.Hold(2, 0, 3, nil)
			if last != 3 {
				t.Errorf("it looked up to %d", last)
			}
			if len(held) != 3 || held[0].Seq != 1 || held[0].Count != 0 || held[2].Seq != 3 {
				t.Fatalf("held %+v", held)
			}
			if visible, inFlight, _ := x.Counts(2); visible != 1 || inFlight != 3 {
				t.Errorf("%d visible, %d in flight", visible, inFlight)
			}
			x.Remove(1)
			x.Release(3, 2)
			x.Release(3, 3)
			got, _ := x.Take(3, 10, 1000, 0, nil, nil)
			if len(got) != 3 || got[0].Seq != 2 || got[0].Count != 1 || got[2].Seq != 4 {
				t.Errorf("after it was released: %+v", got)
			}
			if more, last := x.Hold(4, 0, 10, nil); len(more) != 0 || last != 0 {
				t.Errorf("messages in flight were held: %+v, up to %d", more, last)
			}
		})
	}
}

func TestHoldReceived(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		t.Run(fmt.Sprintf("fifo=%t", fifo), func(t *testing.T) {
			x := New(Options{FIFO: fifo})
			for seq := range uint64(4) {
				x.Add(1, Item{Seq: seq + 1, Sent: 1, Group: "g"})
			}
			got, _ := x.Take(2, 3, 100, 0, nil, nil)
			held, err := x.HoldReceived(3, 2, got[1].Count)
			if err != nil || held.Seq != 2 || held.Count != 1 || held.First != 2 {
				t.Fatalf("held %+v, %v", held, err)
			}
			refused := ErrNotInFlight
			if fifo {
				refused = ErrExpired
			}
			for name, receive := range map[string][2]uint64{"visible": {4, 0}, "another receive": {1, 2}} {
				if _, err := x.HoldReceived(3, receive[0], uint32(receive[1])); !errors.Is(err, refused) {
					t.Errorf("%s: %v", name, err)
				}
			}
			for name, seq := range map[string]uint64{"held": 2, "unknown": 9} {
				if _, err := x.HoldReceived(3, seq, 1); !errors.Is(err, ErrNotInFlight) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if due, ok := x.NextDue(); !ok || due != 102 {
				t.Errorf("the others are due at %d, %t", due, ok)
			}
			x.Tick(102) // what is held stays so beyond its timeout
			if visible, inFlight, _ := x.Counts(102); visible != 3 || inFlight != 1 {
				t.Errorf("%d visible, %d in flight", visible, inFlight)
			}
			if _, err := x.HoldReceived(102, 1, 1); !errors.Is(err, refused) {
				t.Errorf("after its timeout: %v", err)
			}
			x.Release(103, 2)
			again, _ := x.Take(103, 10, 100, 0, nil, nil)
			if len(again) != 4 {
				t.Errorf("taken after the release: %+v", again)
			}
			if _, err := x.HoldReceived(104, 1, 2); err != nil {
				t.Error(err)
			}
			x.Remove(1)
			if visible, inFlight, _ := x.Counts(104); visible != 0 || inFlight != 3 {
				t.Errorf("%d visible, %d in flight", visible, inFlight)
			}
		})
	}
}

// A Hold goes on where another one ended, and looks at so many messages at a time.
func TestHoldGoesOn(t *testing.T) {
	x := New(Options{MaxInFlight: 2 * holdScan})
	for seq := range uint64(holdScan + 5) {
		x.Add(1, Item{Seq: seq + 1, Sent: 1})
	}
	x.Take(1, holdScan, 1000, 0, nil, nil)
	held, last := x.Hold(2, 0, 3, nil)
	if len(held) != 0 || last != holdScan {
		t.Fatalf("held %+v, looked up to %d", held, last)
	}
	held, last = x.Hold(2, last, 3, nil)
	if len(held) != 3 || held[0].Seq != holdScan+1 || last != holdScan+3 {
		t.Fatalf("then held %+v, looked up to %d", held, last)
	}
	if held, last = x.Hold(2, last, 3, nil); len(held) != 2 || last != 0 {
		t.Fatalf("at last held %+v, looked up to %d", held, last)
	}
}

func TestHoldLeavesWhatIsBehind(t *testing.T) {
	x := New(Options{FIFO: true})
	for seq, group := range []string{"a", "b", "a", "b"} {
		x.Add(1, Item{Seq: uint64(seq) + 1, Sent: 1, Group: group})
	}
	x.Take(1, 1, 1000, 0, nil, nil) // the first of a
	held, _ := x.Hold(2, 0, 10, nil)
	if len(held) != 2 || held[0].Seq != 2 || held[1].Seq != 4 {
		t.Errorf("held %+v", held)
	}
	if held, _ = x.Hold(2000, 2, 10, nil); len(held) != 0 { // the first of a is visible, but was not looked at
		t.Errorf("held %+v", held)
	}
}
