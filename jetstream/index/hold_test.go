package index

import (
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
