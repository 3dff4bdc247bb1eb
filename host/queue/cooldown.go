package queue

import (
	"sync"
	"time"
)

// cooldown remembers for a while what was just done to which queue.
//
// It lives in memory: after a restart nothing is blocked. AWS's guards let a
// distributed system settle, which is not needed here; they are kept because
// clients are written and tested against them.
type cooldown struct {
	window time.Duration // 0 remembers nothing

	mu      sync.Mutex
	started map[Key]time.Time
	order   []cooldownStart // by time
}

type cooldownStart struct {
	key Key
	at  time.Time
}

// cooldownCapacity bounds what one window can hold; beyond it the oldest are
// forgotten early.
const cooldownCapacity = 100_000

func newCooldown(window time.Duration) *cooldown {
	return &cooldown{window: window, started: make(map[Key]time.Time)}
}

// active tells whether the key's window runs.
func (c *cooldown) active(key Key, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLapsed(now)
	_, found := c.started[key]
	return found
}

// start begins the window of the key and reports false when it runs already.
func (c *cooldown) start(key Key, now time.Time) bool {
	if c.window <= 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLapsed(now)
	if _, found := c.started[key]; found {
		return false
	}
	c.started[key] = now
	c.order = append(c.order, cooldownStart{key: key, at: now})
	return true
}

// cancel ends the window of the key, because what started it did not happen.
func (c *cooldown) cancel(key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.started, key)
}

// removeLapsed forgets what is older than the window. c.mu is held.
func (c *cooldown) removeLapsed(now time.Time) {
	lapsed := 0
	for _, start := range c.order {
		if now.Sub(start.at) < c.window && len(c.order)-lapsed <= cooldownCapacity {
			break
		}
		// A key that was cancelled and started anew has a later entry of its own.
		if c.started[start.key].Equal(start.at) {
			delete(c.started, start.key)
		}
		lapsed++
	}
	c.order = c.order[lapsed:]
}
