// Package bench loads an SQS endpoint and measures what it answers.
//
// A [Scenario] is one row of the report: what is done, by how many clients, against
// which backlog. Each is measured several times over, and beside each, in turn, the
// ceiling: the same HTTP path with a store that keeps nothing (package ceiling). Server,
// ceiling and load are processes of their own.
//
// The load generator shares the machine with the server, so it is made to cost little:
// clients are goroutines on raw connections, requests are bytes that are used again
// while their signature is fresh, and answers are scanned for what matters. It accepts
// nothing but complete success: the first answer that is not as expected ends the run.
package bench
