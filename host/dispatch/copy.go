package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// A mapping of a tap has a queue of its own, into which every message is copied that the tap stream of the mapping's queue
// shows, and works on that one. So all that mappings do holds for copies as well: batches, order in groups, visibility,
// retries, a dead-letter queue; and the original is not touched. The reader of the stream keeps its place in the store.

// CopyQueue is the queue into which the messages for a mapping of a tap are copied: "<queue>-tap-<function>", shortened if
// that is no name for a queue. It is an ordinary queue, made with the attributes that the mapping's queue has then.
func (m Mapping) CopyQueue() queue.Key {
	base, suffix := m.Queue.Name, ""
	if isFIFO(base) {
		base, suffix = strings.TrimSuffix(base, fifoQueueSuffix), fifoQueueSuffix
	}
	const most = 80 // characters, suffix included
	wanted := base + "-tap-" + m.Function
	name := notInQueueName.ReplaceAllString(wanted, "-")
	if name != wanted || len(name)+len(suffix) > most {
		sum := sha256.Sum256([]byte(wanted))
		digits := "-" + hex.EncodeToString(sum[:4])
		name = name[:min(len(name), most-len(digits)-len(suffix))] + digits
	}
	return queue.Key{Account: m.Queue.Account, Name: name + suffix}
}

var notInQueueName = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// reader is the name under which a mapping keeps its place in a tap stream.
func (p *plan) reader() string {
	sum := sha256.Sum256([]byte(p.Queue.Account + "/" + p.Queue.Name))
	return hex.EncodeToString(sum[:8])
}

// copying is the copying for one mapping. Its poller's mu guards it.
type copying struct {
	from, to queue.Key
	reader   string
	ctx      context.Context //nolint:containedctx // ends when the copying is to end
	stop     context.CancelFunc
	begun    bool   // the queue of copies is there
	problem  string // why nothing can be copied now
}

// ensureCopying has messages copied for the mapping as it is now. A mapping that is paused goes on copying: its place in
// the stream would be lost with the stream's oldest messages. mu is held.
func (p *poller) ensureCopying() {
	wanted := p.plan.Tap && !p.plan.Disabled
	if p.copying != nil && (!wanted || p.copying.from != p.plan.declared.Queue || p.copying.to != p.plan.Queue) {
		p.stopCopying()
	}
	switch {
	case p.copying != nil:
	case !p.plan.Tap:
	case !wanted:
		p.copying = &copying{stop: func() {}}
	default:
		c := &copying{
			from: p.plan.declared.Queue, to: p.plan.Queue, reader: p.plan.reader(), problem: "its queue of copies is being made",
		}
		c.ctx, c.stop = context.WithCancel(p.take)
		p.copying = c
		p.d.work.Go(func() { p.copy(c) })
	}
}

// stopCopying ends the copying. mu is held.
func (p *poller) stopCopying() {
	if p.copying != nil {
		p.copying.stop()
	}
	p.copying = nil
}

// copy copies until it is stopped, and tries again when it cannot.
func (p *poller) copy(c *copying) {
	for {
		err := p.copyNow(c)
		if c.ctx.Err() != nil {
			return
		}
		if err != nil {
			p.copiesNothing(c, "messages of the tap cannot be copied: "+err.Error())
		}
		if !sleep(c.ctx, longestWait) {
			return
		}
	}
}

func (p *poller) copyNow(c *copying) error {
	if err := p.d.options.Copier.EnsureCopyQueue(c.ctx, c.from, c.to); err != nil {
		return err
	}
	follow, err := p.d.options.Taps.OpenTap(c.ctx, c.from, c.reader)
	if err != nil {
		return err
	}
	p.copies(c)
	return follow(c.ctx, func(ctx context.Context, messages []queue.Message) error {
		return p.sendCopies(ctx, c.to, messages)
	})
}

// sendCopies stores copies, as many at a time as fit into one append.
func (p *poller) sendCopies(ctx context.Context, to queue.Key, messages []queue.Message) error {
	for len(messages) > 0 {
		n, size := 1, len(messages[0].Body)
		for n < len(messages) && size+len(messages[n].Body) <= queue.MaxSendSize {
			size += len(messages[n].Body)
			n++
		}
		if err := p.d.options.Copier.SendCopies(ctx, to, messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// copies notes that copying works.
func (p *poller) copies(c *copying) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.copying != c || c.begun && c.problem == "" {
		return
	}
	c.begun, c.problem = true, ""
	p.newTurn()
}

// copiesNothing notes and logs that it does not.
func (p *poller) copiesNothing(c *copying, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.copying != c || c.problem == problem {
		return
	}
	c.problem = problem
	p.log.Warn(problem, "queue", c.from.Name, "function", p.plan.Function, "retry_in", longestWait.Round(time.Second))
}
