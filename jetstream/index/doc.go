// Package index decides which message of one queue may be handed out next.
//
// An [Index] is a state machine in memory. It does no I/O, starts no goroutine and
// reads no clock: every time is in milliseconds since the Unix epoch and is passed
// in by the owner of the queue, which also keeps calls from running at the same
// time, and which journals the [State] that Take and Change return before it answers
// a consumer. The states of a journal, given back to [Index.Restore] in order of
// sequence, make the same index again, but for whose turn it is.
//
// [Dedup] beside it remembers the deduplication ids of the last five minutes.
//
// # Standard queues
//
// A message is visible, in flight or delayed. Visible ones are handed out in order
// of sequence; one whose visibility timeout ran out keeps its place.
//
// # FIFO queues
//
// A message may be handed out when it is visible and no earlier message of its group
// is in flight or delayed. A later one does not matter. Groups wait in line, in the
// order in which their first message could be taken: when it was sent, when its delay
// or its visibility timeout ran out, or when what blocked it was deleted. A receive
// takes from the first group as many messages as fit, then from the next.
//
// # Fair queues
//
// A message of a standard queue may have a group too: its tenant. Then no tenant's
// backlog makes the others wait
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
// Each group has a lane in order of sequence, and the lanes that have something
// visible stand in a heap:
//
//   - Lanes are compared by how many of their messages are in flight: fewer than ten,
//     one receive's worth, is level 0, and each doubling is a level more. A lower
//     level goes first. That is what AWS does with noisy tenants; levels instead of
//     a threshold need no total to compare with and settle on equal shares when there
//     are several, and powers of two keep tenants alike in order of their turns.
//   - Within a level lanes take turns: one that was served goes behind the others. So
//     a new message of a quiet tenant waits for one message of each waiting tenant at
//     most, even if there is just one consumer and next to nothing in flight, where
//     AWS measures processing time. While no lane has a backlog, turns are the order
//     in which messages were sent.
//
// Messages without a group are in no lane of that heap. They take turns with all
// lanes together, in order of sequence, and go before those above level 0: AWS takes
// each for a tenant of its own, and so none of them is noisy. A queue without groups
// never touches the heap.
//
// # Memory and time
//
// Messages lie in pages of 256 in order of sequence, 72 bytes each and without a
// pointer. Pages that became sparse join their neighbours, so that an old message
// does not keep the memory of those that went. Adding, taking and deleting do not
// depend on the number of messages, but for the search of a page and the heap of
// those in flight, logarithmic both; removing what is too old costs what is removed.
package index
