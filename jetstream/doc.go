// Package jetstream stores queues on NATS JetStream and answers [queue.Store].
//
// JetStream is the replicated log, the journal and the wire; it is not the lease
// manager. Each queue has one stream, its log, made at the first send. The owner of a
// shard is the only writer of its queues' logs. It keeps an index of their messages in
// memory (visible, in flight, delayed, groups) and writes every receive, visibility
// change and delete to the shard's journal stream before it answers. After a crash the
// index is built again from log and journal.
//
// # What is where
//
//   - The bucket queuelet holds the truth about queues: definitions and keys.
//   - The stream J_0 is the journal of shard 0: delivery state, absolute, so that
//     replaying a record twice does no harm.
//   - The stream Q_<id> is the log of one queue: each append is a block of messages.
//
// # Order of locks
//
// A queue's lock comes before the locks of log writers, and no lock is held while
// waiting for the store. Two queues' locks are never held at once.
package jetstream
