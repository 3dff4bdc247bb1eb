// Package host wires one process together and owns the order in which it starts,
// reloads and stops.
//
// It is the composition root: the only package that imports all the others. [New]
// takes a configuration, [Host.Run] starts the stages of stages.go in order, serves
// until its context ends, and stops them in reverse.
package host
