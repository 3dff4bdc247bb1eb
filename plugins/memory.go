package plugins

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero/experimental"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

var errNoMemory = errors.New("out of memory for guests")

// budget is how much linear memory all guests of a process may have together.
type budget struct {
	limit int64

	mu    sync.Mutex
	used  int64
	freed chan struct{} // closed, and made anew, when memory is given back
}

func newBudget(limit int64) *budget { return &budget{limit: limit, freed: make(chan struct{})} }

// take claims n bytes, if there are so many.
func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.limit {
		return false
	}
	b.used += n
	return true
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	close(b.freed)
	b.freed = make(chan struct{})
}

// wait claims n bytes and waits until there are so many. While it waits it calls trim, which may free some.
func (b *budget) wait(ctx context.Context, n int64, trim func()) error {
	if n > b.limit {
		return fmt.Errorf("%w: %d bytes needed, %d allowed for all guests", errNoMemory, n, b.limit)
	}
	for {
		b.mu.Lock()
		freed := b.freed
		b.mu.Unlock()
		if b.take(n) {
			return nil
		}
		trim()
		select {
		case <-freed:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", errNoMemory, context.Cause(ctx))
		}
	}
}

// memory is the linear memory of one instance. wazero gets it in place of its own slices: it never moves, it costs pages
// only where it was written, and closing the module gives them back at once.
type memory struct {
	budget *budget
	most   int64
	limit  int64  // bytes the guest may have, with what the host keeps for it
	yield  func() // called when the guest has run for a while; see rewrite.YieldSize

	pages  mapping
	taken  int64 // of the budget
	beside int64 // of what is taken: what the host keeps for the guest
}

var (
	_ experimental.MemoryAllocator = (*memory)(nil)
	_ experimental.LinearMemory    = (*memory)(nil)
)

// newMemory makes a memory of least bytes that can grow to most. It waits for the budget.
// Together with what the host keeps for the guest, it is no larger than limit.
func newMemory(ctx context.Context, b *budget, least, most, limit int64, trim func()) (*memory, error) {
	if err := b.wait(ctx, least, trim); err != nil {
		return nil, err
	}
	m := &memory{budget: b, most: most, limit: limit, taken: least}
	pages, err := reserve(most)
	if err != nil {
		b.give(least)
		return nil, fmt.Errorf("%w: %w", errNoMemory, err)
	}
	m.pages = pages
	if m.pages.commit(least) == nil {
		m.Free()
		return nil, errNoMemory
	}
	return m, nil
}

// Allocate gives wazero this memory.
func (m *memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate grows the memory; nil tells the guest that there is no more.
func (m *memory) Reallocate(size uint64) []byte {
	if size == rewrite.YieldSize {
		m.yield()
		return nil
	}
	if size > uint64(min(m.most, m.limit-m.beside)) {
		return nil
	}
	more := max(int64(size)+m.beside-m.taken, 0)
	if !m.budget.take(more) {
		return nil
	}
	b := m.pages.commit(int64(size))
	if b == nil {
		m.budget.give(more)
		return nil
	}
	m.taken += more
	return b
}

// claim takes n bytes for what the host keeps for the guest, if the guest may have them.
func (m *memory) claim(n int64) bool {
	if m.taken+n > m.limit || !m.budget.take(n) {
		return false
	}
	m.taken += n
	m.beside += n
	return true
}

// unclaim gives n of these bytes back.
func (m *memory) unclaim(n int64) {
	m.budget.give(n)
	m.taken -= n
	m.beside -= n
}

// Free gives everything back. The guest must not run any more. It may be called again.
func (m *memory) Free() {
	m.pages.release()
	if m.taken > 0 {
		m.budget.give(m.taken)
	}
	m.taken, m.beside, m.most, m.limit = 0, 0, 0, 0
}
