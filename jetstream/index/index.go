package index

// DefaultMaxInFlight is how many messages of a queue SQS lets be in flight
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
const DefaultMaxInFlight = 120_000

// Options describe a queue.
type Options struct {
	FIFO        bool
	MaxInFlight int // 0 means DefaultMaxInFlight
}

// Index is the delivery state of all messages of one queue. It must not be used by
// two callers at the same time.
type Index struct {
	opt   Options
	last  uint64 // highest sequence ever added
	pages pages

	timers   heap // in flight and delayed, by when that ends
	inFlight int
	delayed  int
	became   int // visible since the last Tick

	lanes      laneTable // by number; the first is that of messages without a group
	freeLanes  []uint32
	groups     map[string]uint32 // numbers of lanes, by the group's name
	ready      heap              // lanes that can be taken from, by rank
	stamp      int64             // grows with every lane that goes to the end of the line
	groupsTurn bool              // see next
	again      []slot            // handed out for no time, by the Take under way
}

// New makes an empty index.
func New(o Options) *Index {
	if o.MaxInFlight == 0 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	x := &Index{opt: o}
	x.clear()
	return x
}

func (x *Index) clear() {
	x.pages = newPages()
	x.timers, x.ready = nil, nil
	x.inFlight, x.delayed = 0, 0
	x.lanes, x.freeLanes = laneTable{&lane{}}, nil
	x.groups = map[string]uint32{}
}

// Add takes up a message that was just stored. One whose sequence is not above all
// before it is known already, and ignored.
func (x *Index) Add(now int64, it Item) { x.Restore(now, it, State{}) }

// Restore takes up a message with the state that its journal keeps, or that it
// brings from another queue. Messages come in order of sequence; one whose sequence
// is not above all before it is ignored.
//
// A message that was received is in flight until st.Due, if that is later than now.
// One that never was is delayed until then, or until it.NotBefore if st.Due is 0.
func (x *Index) Restore(now int64, it Item, st State) {
	x.tick(now)
	if it.Seq <= x.last {
		return
	}
	x.last = it.Seq
	if st.Count == 0 && st.Due == 0 {
		st.Due = it.NotBefore
	}
	number := x.lane(it.Group)
	l := x.lanes[number]
	l.live++
	s, e := x.store(entry{
		seq: it.Seq, sent: it.Sent, due: st.Due, first: st.First, count: st.Count,
		block: it.Ref.Block, offset: it.Ref.Offset, lane: number,
	})
	if x.opt.FIFO {
		x.link(l, s, e)
	}
	switch {
	case st.Due <= now:
		x.show(s, e)
		return
	case st.Count > 0:
		e.phase = InFlight
		x.busy(l, 1)
	default:
		e.phase = Delayed
		x.delayed++
	}
	x.timers.push(node{key: e.due, seq: e.seq, id: uint32(s)}, &x.pages)
}

// Ready reports whether Take would find something at the last time the index was told.
func (x *Index) Ready() bool {
	return !x.OverLimit() && (len(x.ready) > 0 || !x.opt.FIFO && x.available(x.lanes[noGroup]))
}

// OverLimit reports whether as many messages are in flight as may be.
func (x *Index) OverLimit() bool { return x.inFlight >= x.opt.MaxInFlight }

// Counts counts the messages by phase. Those that Take gave up are in flight until
// they are removed or released.
func (x *Index) Counts(now int64) (visible, inFlight, delayed int) {
	x.tick(now)
	return x.pages.live - x.inFlight - x.delayed, x.inFlight, x.delayed
}

// Len is how many messages there are.
func (x *Index) Len() int { return x.pages.live }

// Get looks a message up; not ok when it is gone.
func (x *Index) Get(seq uint64) (Taken, bool) {
	_, e := x.pages.find(seq)
	if e == nil {
		return Taken{}, false
	}
	return x.taken(e), true
}

// SetRef says that a message is found elsewhere now.
func (x *Index) SetRef(seq uint64, ref Ref) {
	if _, e := x.pages.find(seq); e != nil {
		e.block, e.offset = ref.Block, ref.Offset
	}
}

func (x *Index) taken(e *entry) Taken {
	return Taken{Seq: e.seq, Sent: e.sent, State: e.state(), Ref: e.ref(), Group: x.lanes[e.lane].name}
}

// Peek calls each for messages after a sequence (0: from the oldest), in order of
// sequence, up to limit of them or until it returns false. It changes nothing;
// each must not call the index.
func (x *Index) Peek(now int64, after uint64, limit int, each func(Taken, Phase) bool) {
	x.tick(now)
	for e := range x.pages.from(after) {
		if limit <= 0 || !each(x.taken(e), e.phase) {
			return
		}
		limit--
	}
}
