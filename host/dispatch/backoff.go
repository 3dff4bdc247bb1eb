package dispatch

import "time"

const (
	firstBackoff   = time.Second
	longestBackoff = time.Minute
	// longestWait is the longest time between two looks for a queue or a function that is missing.
	longestWait = 5 * time.Second
)

// backoff is the growing time between attempts that fail.
type backoff struct {
	failures int
	until    time.Time
}

// fail notes a failure and begins the pause after it.
func (b *backoff) fail(now time.Time, longest time.Duration) {
	pause := longest
	if b.failures < 16 { // more would overflow, and is longer than the longest anyway
		pause = min(longest, firstBackoff<<b.failures)
	}
	b.failures++
	b.until = now.Add(pause)
}
