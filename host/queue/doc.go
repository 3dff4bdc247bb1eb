// Package queue decides what SQS semantics require of every operation.
//
// It is the domain: it knows queues, messages, visibility timeouts, receipt
// handles, message groups and dead-letter queues, and it knows no HTTP, no NATS
// and no WASM. Whatever lets a request in (the SQS wire protocols, native NATS
// clients, event source mappings) calls [Service]; whatever it needs from below
// is the interface [Store], which package jetstream implements.
//
// Policy lives here, mechanism in the store: whether a receive count sends a
// message to the dead-letter queue is decided here; how it moves there without
// being lost or doubled is the store's business.
package queue
