package invocation

import (
	"strings"
	"time"
)

// Invocation is one invocation of a function, after it.
type Invocation struct {
	RequestID string    `json:"request_id"`
	Function  string    `json:"function"` // its name in the process
	Version   string    `json:"version,omitempty"`
	Began     time.Time `json:"began"`
	Attempt   int       `json:"attempt,omitempty"`

	Duration     time.Duration `json:"duration"`                // nanoseconds, of the guest's work
	InitDuration time.Duration `json:"init_duration,omitempty"` // of making an instance; 0 if there was one
	MemoryPeak   int64         `json:"memory_peak,omitempty"`   // bytes

	Failure string `json:"failure,omitempty"` // why it failed as a whole, in one word; "" if it did not
	Error   string `json:"error,omitempty"`   // says more about it

	Messages []string `json:"messages,omitempty"` // ids of the first records, at most KeptMessages
	Records  int      `json:"records,omitempty"`  // of the event; 0 for one that was no event of a queue
	Failed   []string `json:"failed,omitempty"`   // ids of the first records that the function did not do, at most KeptMessages
	Log      string   `json:"log,omitempty"`      // the end of what it logged
}

// KeptMessages is how many message ids of an invocation are kept.
const KeptMessages = 20

// SetRecords notes the records of an event, and those that the function did not do. One that failed as a whole has done none.
func (i *Invocation) SetRecords(ids, failed []string) {
	i.Records = len(ids)
	i.Messages = kept(ids)
	if i.Failure != "" {
		i.Failed = i.Messages
		return
	}
	i.Failed = kept(failed)
}

// kept copies the first ids: they are cut out of a text that holds the whole event.
func kept(ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	copies := make([]string, min(len(ids), KeptMessages))
	for n := range copies {
		copies[n] = strings.Clone(ids[n])
	}
	return copies
}

// overhead is about what an invocation takes in memory besides its texts.
const overhead = 400

func (i *Invocation) size() int {
	size := overhead + len(i.Log) + len(i.Error)
	for _, id := range i.Messages {
		size += 2 * len(id)
	}
	return size
}
