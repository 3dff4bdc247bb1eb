package log

import "time"

const (
	// minCrowd is from how many on it is worth to wait. Fewer do not keep the processors
	// busy, and waiting would only make them slower.
	minCrowd = 24
	// maxPatience bounds the wait where syncs are slow.
	maxPatience = 5 * time.Millisecond
)

// A crowd is how many ask a serial writer at once, and how long its appends take.
//
// Of a crowd, an append waits for two in three: those who were just answered mostly come
// back at once with their next message, and the others arrive during the sync. So twice as
// many share the append, its sync and every waking up between client and disk, and the
// processors still have something to do meanwhile (64 senders on two cores: 37,500 sends a
// second instead of 32,000, each answered sooner).
type crowd struct {
	answered int           // by the append before
	took     time.Duration // that append with its sync
	at       time.Time     // the answers
}

// wanted is how many the next append should have, when so many wait for it right after the
// one before. It is no more than these when the append should begin.
func (c *crowd) wanted(waiting int) int {
	all := c.answered + waiting
	if all < minCrowd {
		return waiting
	}
	return max(waiting, all*2/3)
}

// patience is how long the next append may still wait for them: a crowd that went away is
// waited for once, from its last answers on.
func (c *crowd) patience(now time.Time) time.Duration {
	return min(4*c.took, maxPatience) - now.Sub(c.at)
}
