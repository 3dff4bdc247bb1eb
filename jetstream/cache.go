package jetstream

import (
	"container/list"
	"sync"
	"sync/atomic"
)

// cache keeps blocks in memory up to a budget that all queues share. A block that was just
// appended is kept while there is room, so that of a long backlog the oldest blocks, which
// are wanted next, stay in memory. A block that had to be read back pushes out those that
// came first.
type cache struct {
	budget int64

	mu   sync.Mutex
	used int64
	fifo list.List // of *cached
}

// cached is one block in the cache. Its data may vanish at any time.
type cached struct {
	data atomic.Pointer[[]byte]
	size int64
	at   *list.Element
}

// bytes returns the block, or nil when it is not in memory any more.
func (c *cached) bytes() []byte {
	if c == nil {
		return nil
	}
	if p := c.data.Load(); p != nil {
		return *p
	}
	return nil
}

// add keeps data if there is room, or when wanted, makes room for it. It returns nil when
// it was not kept.
func (c *cache) add(data []byte, wanted bool) *cached {
	e := &cached{size: int64(cap(data))}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.size > c.budget || !wanted && c.used+e.size > c.budget {
		return nil
	}
	for c.used+e.size > c.budget {
		oldest, ok := c.fifo.Front().Value.(*cached)
		if !ok {
			panic("the cache holds something else than blocks")
		}
		c.evict(oldest)
	}
	e.data.Store(&data)
	e.at = c.fifo.PushBack(e)
	c.used += e.size
	return e
}

// drop forgets a block that nobody wants any more.
func (c *cache) drop(e *cached) {
	if e == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(e)
}

// evict takes a block out. Lock held.
func (c *cache) evict(e *cached) {
	if e.at == nil {
		return
	}
	c.fifo.Remove(e.at)
	e.at = nil
	e.data.Store(nil)
	c.used -= e.size
}
