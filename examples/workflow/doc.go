// Package workflow shows an event-driven workflow in one file of configuration: three functions and two queues, chained by
// destinations, with a filter, a fan-out and a dead-letter queue. Its test runs the whole of it.
package workflow
