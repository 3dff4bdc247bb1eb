// Package subject tells the NATS subjects that users may choose from those that NATS and queuelet work on.
//
// Functions publish and make requests on subjects, and mappings tell destinations on them, both in the account of queues:
// what begins with $ or _ belongs to NATS there, and what begins with the token sqs or ql to queues.
package subject
