// Package calls measures what a batch costs on its way through dispatch and a function, beside bare calls of the module.
//
// Everything happens in this process. The messages come from memory, so the way is that of package dispatch and of the
// pool of instances: the event is written, the guest called under its limits, its response read and the records settled.
// The bare calls are those of package plugins/bare. Both take turns, so that whatever else the machine does falls on both,
// and are measured in processor time, of all goroutines together.
package calls
