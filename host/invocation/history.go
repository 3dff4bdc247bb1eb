package invocation

import (
	"slices"
	"sync"
)

// Limits of a History.
const (
	keptPerFunction = 100
	keptBytes       = 32 << 20 // of all functions together
)

// History remembers the last invocations of each function. Its methods may be called from many goroutines.
type History struct {
	mu        sync.Mutex
	functions map[string]*past
	size      int
	limit     int
}

// past are the invocations of one function, the oldest first.
type past struct {
	invocations []*Invocation
	size        int
}

// NewHistory returns an empty history.
func NewHistory() *History { return &History{functions: map[string]*past{}, limit: keptBytes} }

// Add remembers an invocation, which must not be changed any more. The function that takes most of the room forgets its
// oldest ones when there is too little.
func (h *History) Add(i *Invocation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.functions[i.Function]
	if p == nil {
		p = &past{}
		h.functions[i.Function] = p
	}
	p.invocations = append(p.invocations, i)
	p.size += i.size()
	h.size += i.size()
	if len(p.invocations) > keptPerFunction {
		h.drop(p)
	}
	for h.size > h.limit {
		h.drop(h.largest())
	}
}

func (h *History) drop(p *past) {
	oldest := p.invocations[0]
	p.invocations[0] = nil
	p.invocations = p.invocations[1:]
	p.size -= oldest.size()
	h.size -= oldest.size()
}

func (h *History) largest() *past {
	var most *past
	for _, p := range h.functions {
		if most == nil || p.size > most.size {
			most = p
		}
	}
	return most
}

// Last returns the last invocations of a function, the newest first.
func (h *History) Last(function string, limit int) []*Invocation {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.functions[function]
	if p == nil {
		return nil
	}
	all := slices.Clone(p.invocations[max(0, len(p.invocations)-limit):])
	slices.Reverse(all)
	return all
}

// Forget drops what is known of a function that is gone.
func (h *History) Forget(function string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.functions[function]; p != nil {
		h.size -= p.size
		delete(h.functions, function)
	}
}
