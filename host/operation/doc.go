// Package operation runs what functions ask the host to do, as far as they were granted.
//
// A guest names an operation and hands over a frame, a header in JSON and a body; package plugins/abi describes both for
// each operation. A function may do nothing until [Service.Grant] says so. What it asks for is held to limits, those of the
// file of the operation: the size of header and body, how often within one invocation, and how long it may take. A refusal
// is an [*Error] with the number that the guest gets; the reason, which the number does not tell, goes to the log.
//
// What the queues refuse is no refusal of the operation: the guest gets SQS's own error in the response.
package operation
