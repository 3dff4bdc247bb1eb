package plugins

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats are what a function has done since the runtime began, and what it has now.
type Stats struct {
	Name     string
	Hash     string // of the module that is deployed
	Deployed time.Time

	Invocations  int64
	Errors       map[Kind]int64 // by kind; invocations that did not fail are not in it
	Duration     time.Duration  // of all invocations together
	Inits        int64          // invocations that had to wait for a new instance
	InitDuration time.Duration  // of all those together
	MemoryPeak   int64          // bytes, the most any instance had

	Instances int // alive
	Idle      int // of these
}

// counters is the part of Stats that only grows.
type counters struct {
	mu    sync.Mutex
	stats Stats
}

func (c *counters) count(result Result, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.stats
	s.Invocations++
	if err != nil {
		if s.Errors == nil {
			s.Errors = map[Kind]int64{}
		}
		s.Errors[KindOf(err)]++
	}
	s.Duration += result.Duration
	if result.InitDuration > 0 {
		s.Inits++
		s.InitDuration += result.InitDuration
	}
	s.MemoryPeak = max(s.MemoryPeak, result.MemoryPeak)
}

// Stats returns the deployed functions in the order of their names.
func (r *Runtime) Stats() []Stats {
	r.mu.Lock()
	functions := maps.Clone(r.functions)
	r.mu.Unlock()
	var all []Stats
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		v := f.current.Load()
		if v == nil {
			continue
		}
		f.counters.mu.Lock()
		s := f.counters.stats
		s.Errors = maps.Clone(s.Errors)
		f.counters.mu.Unlock()
		s.Name, s.Hash, s.Deployed = name, v.hash, v.deployed
		v.mu.Lock()
		s.Instances, s.Idle = len(v.living), len(v.idle)
		v.mu.Unlock()
		all = append(all, s)
	}
	return all
}
