package jetstream

import (
	"fmt"
	"strings"

	"github.com/queuelet/queuelet/host/queue"
)

// Every name of a stream, subject, bucket and key is made here. They are part of the
// data directory's format: a golden test pins them.

const (
	metadataBucket = "queuelet"
	journalStream  = "J_0"
	journalSubject = "ql.j.0"

	logPrefix        = "Q_"
	logSubjectPrefix = "ql.q."
	tapStreamPrefix  = "TAP_"
	tapSubjectPrefix = "sqs.tap."

	queueKeyPrefix  = "queue."
	secretKeyPrefix = "secret."
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
func TapSubject(key queue.Key) string { return tapSubjectPrefix + key.Account + "." + key.Name }

// TapStream is the name of the stream that keeps a queue's tap for replay. Stream names
// may not hold dots.
func TapStream(key queue.Key) string {
	return tapStreamPrefix + key.Account + "_" + strings.ReplaceAll(key.Name, ".", "-")
}

func queueKey(key queue.Key) string { return queueKeyPrefix + key.Account + "." + key.Name }

func secretKey(name string) string { return secretKeyPrefix + name }
