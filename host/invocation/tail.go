package invocation

import "sync"

// TailSize is how much of a log is kept: what Lambda returns with LogType=Tail.
const TailSize = 4 << 10

// Tail is the end of what an invocation logs. It may be written and read from several goroutines: a guest that cannot be
// stopped goes on writing.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

// Line adds a line.
func (t *Tail) Line(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	t.text = append(t.text, '\n')
	if len(t.text) > 2*TailSize {
		t.text = append(t.text[:0], t.text[len(t.text)-TailSize:]...)
	}
}

// String is the end of what was written.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-TailSize):])
}
