// Package activity keeps the last things that happened and fans them out without
// ever blocking.
//
// It is where facts go up: every part may publish to a [Feed], nobody waits for a
// reader. A subscriber that is too slow misses events and learns how many.
package activity
