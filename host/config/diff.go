package config

import "slices"

// Change is one value that differs between two configurations.
type Change struct {
	Key      string // items of lists by name: queues[000000000000/orders].tap
	Old, New string // "" when the value is not there; dots for a secret
	Restart  bool   // takes effect only at the next start
}

// Changes are the differences between two configurations.
type Changes []Change

// NeedRestart lists the keys that a running process cannot take over.
func (c Changes) NeedRestart() []string {
	var keys []string
	for _, change := range c {
		if change.Restart {
			keys = append(keys, change.Key)
		}
	}
	return keys
}

// Diff compares two configurations value by value. The order of items in lists does
// not matter.
func Diff(before, after Config) Changes {
	old := make(map[string]leaf)
	for _, l := range flatten(&before) {
		old[l.key] = l
	}
	var changes Changes
	for _, l := range flatten(&after) {
		was, ok := old[l.key]
		delete(old, l.key)
		if !ok || was.value != l.value {
			changes = append(changes, Change{Key: l.key, Old: was.shown(), New: l.shown(), Restart: l.restart})
		}
	}
	for _, l := range flatten(&before) {
		if _, gone := old[l.key]; gone {
			changes = append(changes, Change{Key: l.key, Old: l.shown(), Restart: l.restart})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		switch {
		case a.Restart == b.Restart:
			return 0
		case a.Restart:
			return -1
		}
		return 1
	})
	return changes
}
