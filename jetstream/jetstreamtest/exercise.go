package jetstreamtest

import (
	"context"
	"crypto/md5"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// Account is the account of the suite's queues.
const Account = "000000000000"

// Opener opens a store on a directory. The directory may hold the data of a store that was
// closed before.
type Opener func(ctx context.Context, dir string) (queue.Store, func() error, error)

// Harness is a store under test, in virtual time.
type Harness struct {
	queue.Store

	T     testing.TB
	dir   string
	open  Opener
	close func() error
}

// Run runs test in virtual time with an empty store. The package's TestMain must use [Main].
func Run(t *testing.T, open Opener, test func(t *testing.T, h *Harness)) {
	t.Helper()
	dir := t.TempDir() // before the bubble: it outlives it
	synctest.Test(t, func(t *testing.T) {
		h := &Harness{T: t, dir: dir, open: open}
		h.start()
		defer h.stop()
		test(t, h)
	})
}

func (h *Harness) start() {
	h.T.Helper()
	var err error
	if h.Store, h.close, err = h.open(h.T.Context(), h.dir); err != nil {
		h.T.Fatal("open store:", err)
	}
}

func (h *Harness) stop() {
	h.T.Helper()
	if err := h.close(); err != nil {
		h.T.Error("close store:", err)
	}
}

// Restart closes the store and opens it again on the same data.
func (h *Harness) Restart() {
	h.T.Helper()
	h.stop()
	h.start()
}

// Create makes a queue with the defaults of SQS, changed by the functions given.
func (h *Harness) Create(name string, change ...func(*queue.Attributes)) *queue.Definition {
	h.T.Helper()
	a := queue.Attributes{VisibilityTimeout: 30 * time.Second, Retention: 4 * 24 * time.Hour, MaxMessageSize: 1 << 20}
	for _, c := range change {
		c(&a)
	}
	now := time.Now().Truncate(time.Second)
	def, err := h.CreateQueue(h.T.Context(), queue.Definition{
		Key: queue.Key{Account: Account, Name: name}, Created: now, Modified: now, Attributes: a,
	})
	if err != nil {
		h.T.Fatalf("create %s: %v", name, err)
	}
	return def
}

// Entry makes a message with that body.
func Entry(body string) queue.Entry {
	e := queue.Entry{Message: queue.Message{Body: []byte(body), BodyMD5: md5.Sum([]byte(body)), SenderID: "AIDATEST", Sent: time.Now().Truncate(time.Millisecond)}}
	copy(e.ID[:], fmt.Sprintf("%-16.16s", body))
	return e
}

// Send stores messages with these bodies.
func (h *Harness) Send(def *queue.Definition, bodies ...string) {
	h.T.Helper()
	entries := make([]queue.Entry, len(bodies))
	for i, body := range bodies {
		entries[i] = Entry(body)
	}
	h.SendEntries(def, entries...)
}

// SendEntries stores messages.
func (h *Harness) SendEntries(def *queue.Definition, entries ...queue.Entry) []queue.Sent {
	h.T.Helper()
	sent, err := h.Store.Send(h.T.Context(), def, entries)
	if err != nil {
		h.T.Fatalf("send to %s: %v", def.Name, err)
	}
	return sent
}

// Receive receives and fails the test on an error.
func (h *Harness) Receive(def *queue.Definition, req queue.ReceiveRequest) []queue.Received {
	h.T.Helper()
	if req.Max == 0 {
		req.Max = 10
	}
	if req.Visibility == 0 {
		req.Visibility = def.Attributes.VisibilityTimeout
	}
	got, err := h.Store.Receive(h.T.Context(), def, req)
	if err != nil {
		h.T.Fatalf("receive from %s: %v", def.Name, err)
	}
	return got
}

// Delete deletes and returns the error of each message.
func (h *Harness) Delete(def *queue.Definition, messages ...queue.Received) []error {
	h.T.Helper()
	handles := make([]queue.Handle, len(messages))
	for i := range messages {
		handles[i] = messages[i].Handle
	}
	errs, err := h.Store.Delete(h.T.Context(), def, handles)
	if err != nil {
		h.T.Fatalf("delete from %s: %v", def.Name, err)
	}
	return errs
}

// WantCounts checks the numbers of visible, in flight and delayed messages.
func (h *Harness) WantCounts(def *queue.Definition, visible, inFlight, delayed int) {
	h.T.Helper()
	c, err := h.Counts(h.T.Context(), def)
	if err != nil {
		h.T.Fatal("counts:", err)
	}
	if c.Visible != visible || c.InFlight != inFlight || c.Delayed != delayed {
		h.T.Errorf("counts of %s: visible %d, in flight %d, delayed %d; want %d, %d, %d",
			def.Name, c.Visible, c.InFlight, c.Delayed, visible, inFlight, delayed)
	}
}

// Bodies are the bodies of messages.
func Bodies(messages []queue.Received) []string {
	bodies := make([]string, len(messages))
	for i := range messages {
		bodies[i] = string(messages[i].Body)
	}
	return bodies
}
