// Package orders shows a queue whose messages a Go function works off, with a dead-letter queue for what it cannot do, and
// a second queue that is pulled as usual. Its test runs the whole of it.
package orders
