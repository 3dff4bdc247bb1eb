// Package journal keeps the delivery state of a shard's messages on an append log.
//
// Every record is absolute: it gives the state that holds from there on, not a change
// of it, so that reading a record twice does no harm and a compaction can interleave
// with ordinary records. A record is appended in the order in which its queue's index
// changed.
package journal
