//go:build !unix

package calls

import "time"

var started = time.Now()

// processorTime is the time that has passed, where nobody says how much of it this process has used.
func processorTime() time.Duration { return time.Since(started) }
