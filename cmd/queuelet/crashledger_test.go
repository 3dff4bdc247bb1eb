package main

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// fate is what the test knows of one message.
type fate struct {
	queue     string // where it was acknowledged to be stored
	count     int    // highest receive count that was seen
	hidden    bool   // received, and neither given back nor asked to be deleted
	unsure    bool   // it was given back, and the answer may have been lost: hidden or visible
	askedGone bool   // a delete was asked for; its answer may have been lost
	gone      bool   // a delete was acknowledged
	found     bool   // it was there at the end
}

// ledger holds what the server has promised.
type ledger struct {
	t  *testing.T
	mu sync.Mutex
	of map[string]*fate
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	return &ledger{t: t, of: map[string]*fate{}}
}

// get returns the fate of a body. A message can be received before its sender has noted that
// it was acknowledged.
func (l *ledger) get(body string) *fate {
	f := l.of[body]
	if f == nil {
		f = &fate{}
		l.of[body] = f
	}
	return f
}

func (l *ledger) sent(queue, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get(body).queue = queue
}

// received checks a message that was handed out against what was promised of it.
func (l *ledger) received(body string, asked time.Time, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.get(body)
	switch {
	case f.gone:
		l.t.Errorf("%s came back after its delete was acknowledged", body)
	case f.hidden:
		l.t.Errorf("%s was handed out again, asked for at %v, while it was hidden for an hour", body, asked)
	case count <= f.count:
		l.t.Errorf("%s has receive count %d after %d", body, count, f.count)
	}
	f.count, f.hidden, f.unsure = count, true, false
}

func (l *ledger) givingBack(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.get(body)
	f.hidden, f.unsure = false, true
}

func (l *ledger) gaveBack(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get(body).unsure = false
}

func (l *ledger) deleting(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.get(body)
	f.hidden, f.askedGone = false, true
}

func (l *ledger) deleted(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get(body).gone = true
}

func (l *ledger) totals() (sent, deleted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.of {
		if f.queue != "" {
			sent++
		}
		if f.gone {
			deleted++
		}
	}
	return sent, deleted
}

// checkAll looks for every message that was acknowledged.
func (l *ledger) checkAll(s *victim) {
	l.t.Helper()
	l.findVisible(s)
	l.findPoisoned(s)
	l.checkHidden(s)
	for body, f := range l.of {
		switch {
		case f.queue == "handled" && !f.found && !s.handled(body): // on a slow machine two kills may cost it both its receives
			l.t.Errorf("%s was acknowledged, its handler never had it, and it is not in the dead-letter queue", body)
		case f.queue == "poisoned" && !f.found:
			l.t.Errorf("%s was acknowledged and did not reach the dead-letter queue", body)
		}
	}
}

// findVisible receives everything that can be received from the queue of the load.
func (l *ledger) findVisible(s *victim) {
	client := newClient(s)
	url := aws.String("http://" + s.sqs + "/000000000000/work")
	for {
		asked := time.Now()
		out, err := client.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"},
		})
		if err != nil {
			l.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return
		}
		for _, m := range out.Messages {
			count, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if err != nil {
				l.t.Error(err)
			}
			l.received(*m.Body, asked, count)
			l.of[*m.Body].found = true
		}
	}
}

// findPoisoned waits until the handler's queue is empty, and receives what it failed.
func (l *ledger) findPoisoned(s *victim) {
	client := newClient(s)
	base := "http://" + s.sqs + "/000000000000/"
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if visible, inFlight := l.counts(client, base+"handled"); visible+inFlight == 0 {
			break
		}
		if time.Now().After(deadline) {
			l.t.Error("the handler's queue is not empty after five minutes")
			break
		}
	}
	for {
		out, err := client.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(base + "handled-dlq"), MaxNumberOfMessages: 10})
		if err != nil {
			l.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return
		}
		for _, m := range out.Messages {
			f := l.get(*m.Body)
			if f.found {
				l.t.Errorf("%s is in the dead-letter queue twice", *m.Body)
			}
			f.found = true
		}
	}
}

func (l *ledger) counts(client *sqs.Client, url string) (visible, inFlight int) {
	out, err := client.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl:       &url,
		AttributeNames: []types.QueueAttributeName{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	visible, err1 := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	inFlight, err2 := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	if err1 != nil || err2 != nil {
		l.t.Fatal(err1, err2)
	}
	return visible, inFlight
}

// checkHidden compares the number of messages in flight with those that must be: the ones that were handed out, and
// those that nobody has seen, which a receive has hidden whose answer the kill cut off. More may be: of a message that
// was given back or deleted without an answer nobody knows where it is.
func (l *ledger) checkHidden(s *victim) {
	hidden := 0
	var unseen []string
	for body, f := range l.of {
		switch {
		case f.hidden:
			hidden++
		case f.queue == "work" && !f.gone && !f.askedGone && !f.unsure:
			unseen = append(unseen, body)
		}
	}
	visible, inFlight := l.counts(newClient(s), "http://"+s.sqs+"/000000000000/work")
	if visible != 0 || inFlight < hidden+len(unseen) {
		l.t.Errorf("%d messages are visible and %d in flight, want none and at least %d; some of these were acknowledged and are lost: %v",
			visible, inFlight, hidden+len(unseen), unseen)
	}
}
