package jetstream

import (
	"fmt"
	"strings"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream/broker"
)

// Every name of a stream, subject, bucket and key is made here. They are part of the
// data directory's format: a golden test pins them.

const (
	metadataBucket = "queuelet"
	journalStream  = "J_0"
	journalSubject = "ql.j.0"

	logPrefix        = "Q_"
	logSubjectPrefix = "ql.q."

	tapStreamPrefix     = "TAP_"
	tapStreamPrefixFIFO = "TAPFIFO_"

	functionBucketPrefix = "FN_"

	queueKeyPrefix  = "queue."
	secretKeyPrefix = "secret."
	taskKeyPrefix   = "task."

	tapPositionPrefix = "tap."
)

func logStream(id uint64) string  { return fmt.Sprintf("%s%016x", logPrefix, id) }
func logSubject(id uint64) string { return fmt.Sprintf("%s%016x", logSubjectPrefix, id) }

// logID is the inverse of logStream.
func logID(stream string) (uint64, bool) {
	hex, ok := strings.CutPrefix(stream, logPrefix)
	if !ok || len(hex) != 16 {
		return 0, false
	}
	var id uint64
	if _, err := fmt.Sscanf(hex, "%016x", &id); err != nil {
		return 0, false
	}
	return id, true
}

// TapSubject is where, in the engine's account, stored messages of a queue are
// published. A queue name may hold one dot, of ".fifo".
func TapSubject(key queue.Key) string { return broker.TapPrefix + key.Account + "." + key.Name }

// ClientTapSubject is the same subject as the clients of the queue's account see it, and
// the one of the stream that keeps the messages.
func ClientTapSubject(name string) string { return broker.TapPrefix + name }

// TapStream is the name of the stream that keeps a queue's tap for replay. Stream names
// may not hold dots, and orders.fifo must not share one with orders-fifo.
func TapStream(name string) string {
	if fifo, ok := strings.CutSuffix(name, ".fifo"); ok {
		return tapStreamPrefixFIFO + fifo
	}
	return tapStreamPrefix + name
}

// functionBucket names the bucket of keys and values of a function of an account.
func functionBucket(account, function string) string {
	return functionBucketPrefix + account + "_" + function
}

func queueKey(key queue.Key) string { return queueKeyPrefix + key.Account + "." + key.Name }

// tapPositionKey is where a reader of a queue's tap stream keeps its place.
func tapPositionKey(queueID uint64, reader string) string {
	return fmt.Sprintf("%s%016x.%s", tapPositionPrefix, queueID, reader)
}

func secretKey(name string) string { return secretKeyPrefix + name }

func taskKey(t queue.MoveTaskRecord) string {
	return taskKeyPrefix + t.Source.Account + "." + t.Source.Name + "." + t.ID
}
