//go:build !linux

package bench

import "time"

// cpu is how much processor time the process has used, 0 when that is not known.
func (*process) cpu() time.Duration { return 0 }

// memory is how many bytes of the process are resident, 0 when that is not known.
func (*process) memory() int64 { return 0 }
