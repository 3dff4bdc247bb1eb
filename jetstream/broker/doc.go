// Package broker runs the embedded NATS server that holds all durable state.
//
// It owns the data directory: which process uses it, in which mode and format it was
// written, how much of the disk JetStream may take. Everything else reaches the server
// over an in-process connection; a listener for native NATS clients is optional.
package broker
