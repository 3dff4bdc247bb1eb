// Package jetstreamtest shows every promise of queue.Store on a store that it is given,
// and lets tests run the embedded server in virtual time.
package jetstreamtest
