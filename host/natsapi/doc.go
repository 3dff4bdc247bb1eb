// Package natsapi offers the queues to native NATS clients: it sends messages for them and
// admits them to the taps of the queues.
//
// # Connecting
//
// The server listens where nats.listen says. The user is an access key id, the password its
// secret access key. Keys with a session token cannot be used. Every key is in a NATS account
// of its own: inboxes and subjects of one key are out of reach of every other, and a client
// needs no inbox prefix of its own.
//
//	nats --server 127.0.0.1:4222 --user AKID --password SECRET sub 'sqs.tap.>'
//
// # Sending
//
// A request to sqs.send.<queue> is SendMessage on that queue of the key's account. The payload
// is the body. These headers are understood, and others that begin with Sqs- refused:
//
//	Sqs-Attribute-<name>          value of a message attribute
//	Sqs-Type-<name>               its type; String if it is left out
//	Sqs-Encoding-<name>           base64 if the value is; required for Binary types
//	Sqs-Delay-Seconds             DelaySeconds
//	Sqs-Message-Group-Id          MessageGroupId
//	Sqs-Message-Deduplication-Id  MessageDeduplicationId
//	Sqs-Trace-Header              the system attribute AWSTraceHeader
//
// Letters of a name outside of ASCII are percent-encoded, as in a URL. The headers that only a
// tap shows (Sqs-Message-Id, Sqs-Sequence, Sqs-Sent-Timestamp, Sqs-Sender-Id,
// Sqs-Function-Depth, Sqs-Attributes-Omitted) are ignored, so that what came from a tap can be
// sent on.
//
// The reply is SendMessage's answer in JSON, given when the message is durable:
//
//	{"MessageId":"…","MD5OfMessageBody":"…","MD5OfMessageAttributes":"…","SequenceNumber":"…"}
//
// or its error, which also stands in the headers Nats-Service-Error-Code and
// Nats-Service-Error, where NATS services put it:
//
//	{"error":{"code":"AWS.SimpleQueueService.NonExistentQueue","message":"…"}}
//
// Requests are worked on at the same time. Who needs an order waits for each reply before the
// next request. A message that is published without a reply subject is sent all the same; the
// publisher just does not learn whether it was. When too many requests are under way at a time
// the reply is RequestThrottled.
//
// # Watching
//
// Every message that was stored in a queue is published on sqs.tap.<queue>, with the headers
// above and these:
//
//	Sqs-Message-Id          MessageId
//	Sqs-Sequence            number of the message in its queue
//	Sqs-Sent-Timestamp      milliseconds since 1970
//	Sqs-Sender-Id           who sent it
//	Sqs-Function-Depth      how many functions, one after the other, it has come through, if any
//	Sqs-Attributes-Omitted  how many message attributes had no room in the headers
//
// A tap takes nothing from the queue and holds nothing up. It shows each message that was
// stored while the subscription lasted; a subscriber that is too slow misses
// messages, and is disconnected if it stays so.
//
// # Replaying
//
// A queue with "tap: stream" also keeps its messages in a JetStream stream for as long as its
// retention period, up to a bound of bytes, whether or not they were received and deleted:
// TAP_<queue>, and TAPFIFO_<name> for the queue <name>.fifo. An acknowledged message is in the
// stream, also after a crash of the process. Durable pull consumers replay it:
//
//	nats … consumer add TAP_orders audit --pull --defaults
//	nats … consumer next TAP_orders audit --count 10
//
// Streams cannot be changed by clients, push consumers cannot be made, and a pull waits no
// longer than a minute at a time. Consumers belong to the account: each of its keys that may
// replay can use and delete them.
//
// # Functions
//
// What a function publishes with nats.publish is seen by clients of its account that subscribe to the subject. Whoever of
// them subscribes to the subject of a nats.request can answer it, by its reply subject, as any request of NATS. So can be
// seen what an event source mapping tells its destination nats:<subject>: one of Lambda's invocation records in JSON for
// each record. Only the subjects that some function was granted, or that are destinations in the configuration, can be
// subscribed to, and only by keys without an allow-list. Nothing of it is kept for those who do not listen.
//
// # Rights
//
// A send is allowed as SendMessage is, with the key's allow-list and the queue's policy. A tap
// is allowed as ReceiveMessage is; it is decided when the client connects, and when queues,
// policies or keys change the client is disconnected if its rights did. A key whose allow-list
// has patterns for queues sees the taps of those that exist (a new queue makes it reconnect),
// at most a thousand. Replaying is for keys that may receive from every queue of their
// account. Queues of other accounts are out of reach, whatever their policies grant.
//
// Conditions of policies see no source address and no TLS here.
package natsapi
