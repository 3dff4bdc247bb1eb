package log

import (
	"testing"
	"testing/synctest"
	"time"
)

// crowded is a serial writer whose last append answered so many after a millisecond, and
// which has a batch that others wait for.
func crowded(answered, waiting int) *Writer {
	w := &Writer{
		opts: Options{Serial: true}, running: true, open: []*Batch{{}},
		crowd: crowd{answered: answered, took: time.Millisecond, at: time.Now()},
	}
	come(w, waiting, 1)
	return w
}

func come(w *Writer, n, size int) {
	for range n {
		w.Add(size, AskDurable, func(b *Batch) { b.Data = append(b.Data, 'x') })
	}
}

func gathers(w *Writer) (took time.Duration) {
	start := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gather()
	return time.Since(start)
}

func TestAnAppendWaitsForTheCrowd(t *testing.T) {
	const soon = time.Millisecond / 2
	for _, test := range []struct {
		name              string
		answered, waiting int
		comes, size       int // soon
		want              time.Duration
	}{
		{"one sender", 1, 1, 0, 1, 0},
		{"a few senders", 10, 10, 10, 1, 0},
		{"two in three wait already", 20, 40, 0, 1, 0},
		{"two in three come", 40, 20, 20, 1, soon},
		{"all come again", 60, 0, 40, 1, soon},
		{"the batch gets full", 60, 1, 1, MaxAppend, soon},
		{"too few come", 40, 20, 19, 1, 4 * time.Millisecond},
		{"nobody comes", 60, 0, 0, 1, 4 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := crowded(test.answered, test.waiting)
				time.AfterFunc(soon, func() { come(w, test.comes, test.size) })
				if took := gathers(w); took != test.want {
					t.Errorf("the append waited %v, want %v", took, test.want)
				}
				time.Sleep(soon)
				come(w, 100, 1) // of whom nobody must be told any more
			})
		})
	}
}

func TestACrowdThatWentAwayIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := crowded(60, 1)
		time.Sleep(4 * time.Millisecond)
		if took := gathers(w); took != 0 {
			t.Errorf("the append waited %v", took)
		}
	})
}

func TestPatienceIsBoundedWhereSyncsAreSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := crowded(60, 1)
		w.crowd.took = time.Second
		if took := gathers(w); took != maxPatience {
			t.Errorf("the append waited %v, want %v", took, maxPatience)
		}
	})
}
