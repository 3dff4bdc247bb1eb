package dispatch

import "time"

// totals count what a mapping has done.
type totals struct {
	invocations, failed int64
	records             [outcomes]int64
	told, untold        int64
	lastFailure         string
	lastResult          string
	lastInvoked         time.Time
}

// resultOK is the last result of a mapping whose function replied.
const resultOK = "OK"

// invoked counts an invocation.
func (p *poller) invoked(result Result, detail string) {
	p.metrics.invoked(result)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.totals.invocations++
	p.totals.lastResult, p.totals.lastInvoked = resultOK, time.Now()
	if result.Failure != "" {
		p.totals.failed++
		p.totals.lastFailure, p.totals.lastResult = detail, detail
	}
}

// settled counts what became of messages.
func (p *poller) settled(counts *[outcomes]int) {
	p.metrics.settled(counts)
	p.mu.Lock()
	defer p.mu.Unlock()
	for o, n := range counts {
		p.totals.records[o] += int64(n)
	}
}

// told counts records of which a destination has heard, or has not.
func (p *poller) told(told, untold int) {
	p.metrics.told.Add(float64(told))
	p.metrics.untold.Add(float64(untold))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.totals.told += int64(told)
	p.totals.untold += int64(untold)
}

func (t *totals) fill(s *Status) {
	s.Invocations, s.Failed, s.LastFailure = t.invocations, t.failed, t.lastFailure
	s.Told, s.Untold = t.told, t.untold
	s.LastResult, s.LastInvoked = t.lastResult, t.lastInvoked
	s.Records = Records{
		Deleted: t.records[handled], Filtered: t.records[filtered], Failed: t.records[failed] + t.records[retried],
		DeadLettered: t.records[condemned], Released: t.records[released], Looped: t.records[looped],
	}
}
