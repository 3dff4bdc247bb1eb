package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/queuelet/queuelet/plugins/flow"
)

// poller serves one mapping with as many workers as its backlog asks for and its concurrency allows.
type poller struct {
	d       *Dispatcher
	origin  string // of the mapping, as Apply was told
	log     *slog.Logger
	metrics *mappingMetrics

	mu      sync.Mutex
	plan    *plan
	started bool
	stopped bool
	paused  bool
	// turn ends when the workers have to look again at what they may do. It is made of the context that ends when the
	// dispatcher takes no more work.
	take, finish context.Context //nolint:containedctx // those of Dispatcher.Run
	turn         context.Context //nolint:containedctx // see above
	endTurn      context.CancelFunc

	scale   int // workers that the backlog asks for
	workers int // that there are
	busy    int // that have a batch

	copying *copying // of a tap; nil if the mapping has none
	trouble trouble
	backoff backoff
	reason  string
	since   time.Time
	shown   State // that was logged last, with its trouble
	about   trouble
	totals  totals
}

// trouble is what keeps a mapping from being served.
type trouble int

const (
	noTrouble          trouble = iota
	sourceTrouble              // the queue cannot be received from
	functionTrouble            // there is no such function
	crashTrouble               // the function crashes
	destinationTrouble         // a destination cannot be sent to
	deliveryTrouble            // a destination does not take what it is sent
)

// turn is what a worker may do until it has to look again.
type turn struct {
	ctx     context.Context //nolint:containedctx // of the receive
	plan    *plan
	resume  time.Time
	trouble trouble // that the worker is to find out about
}

func newPoller(d *Dispatcher, origin string, plan *plan) *poller {
	return &poller{
		d: d, origin: origin, plan: plan, since: time.Now(), shown: StateStopped,
		log:     d.options.Logger.With("mapping", plan.ID),
		metrics: d.metrics.mapping(plan.ID),
	}
}

// start begins to serve the mapping. Workers stop receiving when take ends, and give up their work when finish does.
func (p *poller) start(take, finish context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started, p.take, p.finish = true, take, finish
	p.scale = p.base()
	p.newTurn()
}

// stop ends serving the mapping. Workers finish what they have.
func (p *poller) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.stopCopying()
	if p.endTurn != nil {
		p.endTurn()
	}
}

func (p *poller) change(plan *plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
	p.calm()
}

func (p *poller) pause(paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused != paused {
		p.paused = paused
		p.calm()
	}
}

func (p *poller) current() *plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plan
}

// calm begins anew: with the first scale and without trouble. mu is held.
func (p *poller) calm() {
	p.trouble, p.backoff, p.reason = noTrouble, backoff{}, ""
	p.scale = p.base()
	p.newTurn()
}

// newTurn makes the workers look again, and starts those that are missing. mu is held.
func (p *poller) newTurn() {
	if !p.started || p.stopped {
		return
	}
	if p.endTurn != nil {
		p.endTurn()
	}
	p.turn, p.endTurn = context.WithCancel(p.take)
	p.ensureCopying()
	p.note()
	p.recruit()
}

// base is how many workers a mapping begins with. mu is held.
func (p *poller) base() int { return p.plan.MinConcurrency }

// allowed is how many workers there may be. A mapping in trouble has one that tries. mu is held.
func (p *poller) allowed() int {
	switch {
	case !p.started || p.stopped || p.paused || p.plan.Disabled || p.plan.Tap && !p.copying.begun:
		return 0
	case p.trouble != noTrouble:
		return 1
	default:
		return min(p.scale, p.plan.MaxConcurrency)
	}
}

// recruit starts the workers that are missing. mu is held.
func (p *poller) recruit() {
	for p.workers < p.allowed() {
		p.workers++
		w := newWorker(p.finish, p)
		p.d.work.Add(1)
		flow.Go(w.run)
	}
}

// next is what a worker does next. It returns false to a worker of which there is no need any more.
func (p *poller) next() (turn, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.workers > p.allowed() || p.take.Err() != nil {
		p.workers--
		return turn{}, false
	}
	return turn{ctx: p.turn, plan: p.plan, resume: p.backoff.until, trouble: p.trouble}, true
}

// took notes that a worker has got a batch. When all workers have one nobody looks for messages any more: one is put to
// work, or twice as many if batches are full, which is a backlog.
func (p *poller) took(full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy++
	p.metrics.running.Inc()
	if p.busy < p.scale || p.trouble != noTrouble {
		return
	}
	more := 1
	if full {
		more = p.scale
	}
	p.scale = min(p.scale+more, p.plan.MaxConcurrency)
	p.recruit()
}

// gave notes that a worker is done with its batch.
func (p *poller) gave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	p.metrics.running.Dec()
}

// idle notes that a worker has waited in vain. Those beyond the first ones then go, one by one.
func (p *poller) idle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scale = max(p.base(), p.scale-1)
}

// troubled notes that the mapping cannot be served, and lets it pause. All workers but one go.
func (p *poller) troubled(what trouble, reason string) {
	longest := longestWait
	if what == crashTrouble || what == deliveryTrouble {
		longest = longestBackoff
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || now.Before(p.backoff.until) {
		return // another worker has noted it
	}
	if p.trouble != what {
		p.backoff = backoff{}
	}
	p.backoff.fail(now, longest)
	p.trouble, p.reason = what, reason
	p.scale = p.base()
	p.newTurn()
}

// overcome notes that something works that may have been the trouble.
func (p *poller) overcome(what trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.trouble == what {
		p.calm()
	}
}

// note logs a state that has changed. mu is held.
func (p *poller) note() {
	state := p.state()
	if state == p.shown && p.trouble == p.about {
		return
	}
	level := slog.LevelInfo
	if state == StateWaiting || state == StateBackingOff {
		level = slog.LevelWarn
	}
	p.log.Log(p.finish, level, "mapping is "+string(state), "queue", p.plan.Queue.Name, "function", p.plan.Function, "reason", p.reason)
	p.shown, p.about, p.since = state, p.trouble, time.Now()
}

// state is what the mapping is doing. mu is held.
func (p *poller) state() State {
	switch {
	case !p.started || p.stopped:
		return StateStopped
	case p.plan.Disabled:
		return StateDisabled
	case p.paused:
		return StatePaused
	case p.plan.Tap && !p.copying.begun:
		return StateWaiting
	case p.trouble == crashTrouble:
		return StateBackingOff
	case p.trouble != noTrouble:
		return StateWaiting
	default:
		return StateRunning
	}
}

func (p *poller) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{
		Mapping: p.plan.declared, Origin: p.origin, State: p.state(), Reason: p.reason, Since: p.since,
		Workers: p.allowed(), Running: p.busy,
	}
	if p.trouble != noTrouble {
		s.RetryAt = p.backoff.until
	} else if p.copying != nil {
		s.Reason = p.copying.problem
	}
	p.totals.fill(&s)
	return s
}
