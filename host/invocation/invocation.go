package invocation

import (
	"strings"
	"time"

	"github.com/queuelet/queuelet/plugins/abi"
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
	Failed   []string `json:"failed,omitempty"`   // those of Messages that the function named as failed
	Log      string   `json:"log,omitempty"`      // the end of what it logged
}

// KeptMessages is how many message ids of an invocation are kept.
const KeptMessages = 20

// longestParsed is the longest response that is looked at for the records that failed.
const longestParsed = 16 << 10

// SetRecords notes what became of the records of an event. A function that failed as a whole has done none.
func (i *Invocation) SetRecords(ids []string, response []byte) {
	i.Records = len(ids)
	i.Messages = kept(ids)
	if i.Failure != "" {
		i.Failed = i.Messages
		return
	}
	if len(ids) == 0 || len(response) == 0 || len(response) > longestParsed {
		return
	}
	failures, err := abi.ParseResponse(response, ids)
	if err != nil {
		i.Failed = i.Messages // which is what dispatch makes of it
		return
	}
	for n := range failures[:min(len(failures), KeptMessages)] {
		i.Failed = append(i.Failed, strings.Clone(failures[n].ItemIdentifier))
	}
}

// kept copies the first ids: they are cut out of a text that holds the whole event.
func kept(ids []string) []string {
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
