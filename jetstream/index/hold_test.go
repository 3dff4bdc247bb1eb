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
			held := x.Hold(2, 3, nil)
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
			if more := x.Hold(4, 10, nil); len(more) != 0 {
				t.Errorf("messages in flight were held: %+v", more)
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
