// Package dispatch moves batches from a queue through a function and deletes or keeps each record by its result.
//
// A [Mapping] says which queue feeds which function, in the manner of AWS Lambda's event source mappings for SQS. A
// mapping is served by workers. Each worker receives messages, as one consumer among others, drops those that no filter
// wants, gives the rest to the function as one event, and settles every record: what the function has done is deleted,
// what failed becomes visible again.
//
// # Records
//
// A function that replies has done all records but those it names (abi.ParseResponse). One that fails, or whose reply
// makes no sense, has done none. A record that failed is left alone: it comes back when its visibility timeout ends, or
// after the delay that the function asked for, and the queue's redrive policy decides when it has failed too often. In a
// FIFO queue a record that failed takes all later ones of its message group in the batch with it.
//
// # Destinations
//
// A mapping may have a destination for what succeeds and one for what fails: a queue, or a NATS subject. Each record makes
// one message there, Lambda's invocation record of an event with that record alone. What the function has done is told
// before the record is deleted. What it gives up by deadLetter is told before the record moves to the dead-letter queue; if
// there is none, the destination is where the record goes. A record that fails at its last receive is told of then, and
// moves with the next receive that meets it. What filters drop, and what retention ends, nobody is told of.
//
// The destination comes first, so that it misses nothing: a record that it does not take comes again, as if the function
// had failed it. It may be told twice, after a crash or a deletion that fails; within five minutes a FIFO queue keeps the
// second one out. Subjects are published to and not stored: who does not listen misses what is told.
//
// # Fan-out
//
// A mapping of a tap gets a copy of every message that its queue's tap stream shows, in a queue of its own
// ([Mapping.CopyQueue]). That is an ordinary queue: order, retries, dead letters and a backlog are what they are
// elsewhere, anybody can look into it, and the original is not touched. A new mapping begins with the oldest message that
// the stream has, and goes on where it was after a restart; after a crash some copies may come twice, in a FIFO queue only
// if the crash lasts for five minutes. Neither the queue nor the place in the stream goes away with the mapping.
//
// # Concurrency
//
// A mapping begins with its minimum of workers. When all have a batch, another one is put to work, or twice as many if
// batches are full; a worker that waits in vain for twenty seconds goes, down to the minimum.
//
// # Time
//
// Messages stay hidden for as long as their batch is in work, by renewal well before their visibility timeout ends, up to
// the twelve hours that SQS allows. Should a renewal not be possible the invocation is given up while its messages still
// belong to it.
//
// # Trouble
//
// A mapping whose queue, function or destination is missing looks for it every few seconds. One whose function crashes, or
// whose destination takes nothing, pauses, first for a second, then longer, up to a minute, and begins again with a single
// batch. The function's own errors are no reason to pause: they concern the records, which have their own times.
package dispatch
