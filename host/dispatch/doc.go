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
// # Time
//
// Messages stay hidden for as long as their batch is in work, by renewal well before their visibility timeout ends, up to
// the twelve hours that SQS allows. Should a renewal not be possible the invocation is given up while its messages still
// belong to it.
//
// # Trouble
//
// A mapping whose queue or function is missing looks for it every few seconds. One whose function crashes pauses, first
// for a second, then longer, up to a minute, and begins again with a single batch. The function's own errors are no
// reason to pause: they concern the records, which have their own times.
package dispatch
