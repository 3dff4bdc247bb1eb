// Package log is a fenced, coalescing append log on one JetStream stream.
//
// The owner of a shard is the only writer of its logs: one stream for the messages
// of each queue, and one, the journal, for the delivery state of all of them. A
// [Writer] keeps one append in flight; whatever asks meanwhile joins the next one, so
// that the cost of an append and of its fsync is shared by all who wait for it.
//
// Each append carries the stream's expected last sequence. A second owner, which
// begins by appending itself, thereby ends the right of the first one to write: the
// first one's next append fails with [ErrFenced]. When an append's answer is lost, the
// message at the expected position is read back and compared, which tells a stored
// append from a fenced one. (A Nats-Msg-Id on each append would do the same, but
// JetStream keeps about 170 bytes for each id of its deduplication window: some 90 MB
// at 4,500 appends a second.)
package log
