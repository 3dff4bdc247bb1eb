package index

import (
	"iter"
	"sort"
)

const (
	pageBits = 8
	pageSize = 1 << pageBits
	// firstPage is how many entries the only page of a queue begins with: most
	// queues of a server hold few messages or none.
	firstPage = 8
	// sparePage is the largest empty page an empty queue keeps.
	sparePage = 64
	// mergeSize is how many messages two neighbouring pages may have left to become
	// one. Below a full page, so that a merged page has to lose some before it is
	// touched again.
	mergeSize = pageSize * 3 / 4
)

// slot names an entry: the number of its page and its place there. No entry has
// slot 0. An entry changes its slot when its page is tidied.
type slot uint32

// entry is one message. It holds no pointer, so that a million of them cost the
// garbage collector nothing.
type entry struct {
	seq        uint64
	sent       int64
	due        int64
	first      int64
	block      uint64
	offset     uint32
	count      uint32
	lane       uint32 // index in Index.lanes
	prev, next slot   // neighbours in the lane's list
	pos        uint32 // place in the heap the entry is in
	phase      Phase  // 0 when the message is gone
	held       bool   // given up by Take, being moved
	returned   bool   // in the lane's heap instead of its list
}

func (e *entry) state() State { return State{Due: e.due, First: e.first, Count: e.count} }
func (e *entry) ref() Ref     { return Ref{Block: e.block, Offset: e.offset} }

// page holds consecutive messages in order of sequence, with gaps where some are
// gone.
type page struct {
	number  uint32
	pos     uint32 // its place in pages.ages
	live    int
	lo      int  // no live entry is before this one
	ordered bool // no entry was sent before the one in front of it
	stale   bool // the oldest message went, so the key in pages.ages is too small
	entries []entry
}

// span is a page with its first sequence, which a search then finds side by side.
type span struct {
	first uint64
	page  *page
}

// pageTable finds a page by its number. Number 0 is never used, free ones are nil.
type pageTable []*page

func (t *pageTable) place(number, pos uint32) { (*t)[number].pos = pos }

// pages holds the entries of a queue.
type pages struct {
	order    []span // by sequence; every page has a live entry
	numbered pageTable
	free     []uint32
	spare    *page
	ages     heap // pages by a lower bound of the time their oldest message was sent
	live     int
}

func newPages() pages { return pages{numbered: pageTable{nil}} }

// place keeps the place of an entry in the heap it is in.
func (ps *pages) place(id, pos uint32) { ps.at(slot(id)).pos = pos }

func (ps *pages) at(s slot) *entry {
	return &ps.numbered[s>>pageBits].entries[s&(pageSize-1)]
}

func (p *page) slot(i int) slot { return slot(p.number<<pageBits | uint32(i)) }

// oldest is when the oldest message of the page was sent.
func (p *page) oldest() int64 {
	for p.entries[p.lo].phase == 0 {
		p.lo++
	}
	oldest := p.entries[p.lo].sent
	if p.ordered {
		return oldest
	}
	for i := p.lo + 1; i < len(p.entries); i++ {
		if e := &p.entries[i]; e.phase != 0 && e.sent < oldest {
			oldest = e.sent
		}
	}
	return oldest
}

// eldest is the page with the oldest message, by its exact key in ages; nil when
// there is none.
func (ps *pages) eldest() *page {
	for len(ps.ages) > 0 {
		p := ps.numbered[ps.ages[0].id]
		if !p.stale {
			return p
		}
		p.stale = false
		ps.ages.fix(0, p.oldest(), &ps.numbered)
	}
	return nil
}

// after is the place in the page of the first entry after a sequence.
func (p *page) after(seq uint64) int {
	return sort.Search(len(p.entries), func(i int) bool { return p.entries[i].seq > seq })
}

// spanOf is the place in the order of the last page that begins at or before a
// sequence, -1 if there is none.
func (ps *pages) spanOf(seq uint64) int {
	lo, hi := 0, len(ps.order)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); ps.order[mid].first <= seq {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// find looks a live message up; 0 when there is none.
func (ps *pages) find(seq uint64) (slot, *entry) {
	at := ps.spanOf(seq)
	if at < 0 {
		return 0, nil
	}
	p := ps.order[at].page
	// Sequences without a gap, the usual case, are their own index.
	i := int(min(seq-ps.order[at].first, uint64(len(p.entries)-1)))
	if p.entries[i].seq != seq {
		if i = p.after(seq) - 1; p.entries[i].seq != seq {
			return 0, nil
		}
	}
	if p.entries[i].phase == 0 {
		return 0, nil
	}
	return p.slot(i), &p.entries[i]
}

// from goes through the live entries after a sequence. Meanwhile none may be added or erased.
func (ps *pages) from(after uint64) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		at := max(0, ps.spanOf(after))
		for _, s := range ps.order[at:] {
			p := s.page
			for i := max(p.lo, p.after(after)); i < len(p.entries); i++ {
				if e := &p.entries[i]; e.phase != 0 && !yield(e) {
					return
				}
			}
		}
	}
}

// tail is the page that takes the next message. It has room for it.
func (x *Index) tail(seq uint64) *page {
	ps := &x.pages
	if n := len(ps.order); n > 0 {
		p := ps.order[n-1].page
		if len(p.entries) < cap(p.entries) {
			return p
		}
		if p.live <= len(p.entries)/2 {
			x.compact(p)
			return p
		}
		if len(p.entries) < pageSize {
			p.entries = append(make([]entry, 0, min(2*cap(p.entries), pageSize)), p.entries...)
			return p
		}
	}
	return ps.open(seq)
}

// open adds an empty page at the end.
func (ps *pages) open(seq uint64) *page {
	p := ps.spare
	ps.spare = nil
	switch {
	case p != nil:
	case len(ps.order) > 0:
		p = &page{entries: make([]entry, 0, pageSize)}
	default:
		p = &page{entries: make([]entry, 0, firstPage)}
	}
	*p = page{ordered: true, entries: p.entries[:0]}
	if n := len(ps.free); n > 0 {
		p.number, ps.free = ps.free[n-1], ps.free[:n-1]
		ps.numbered[p.number] = p
	} else {
		p.number = uint32(len(ps.numbered))
		ps.numbered = append(ps.numbered, p)
	}
	ps.order = append(ps.order, span{first: seq, page: p})
	return p
}

// store adds an entry at the end.
func (x *Index) store(e entry) (slot, *entry) {
	ps := &x.pages
	p := x.tail(e.seq)
	i := len(p.entries)
	p.entries = append(p.entries, e)
	p.live++
	ps.live++
	if i == 0 {
		ps.ages.push(node{key: e.sent, id: p.number}, &ps.numbered)
		return p.slot(i), &p.entries[i]
	}
	if e.sent < p.entries[i-1].sent {
		p.ordered = false
	}
	if e.sent < ps.ages[p.pos].key {
		ps.ages.fix(p.pos, e.sent, &ps.numbered)
	}
	return p.slot(i), &p.entries[i]
}

// erase ends an entry that is in no list and no heap. Its page is left for tidy.
func (ps *pages) erase(p *page, e *entry) {
	e.phase = 0
	p.live--
	ps.live--
	if e.sent <= ps.ages[p.pos].key {
		p.stale = true
	}
}

// tidy keeps the room for dead entries within the number of live ones: it drops an
// empty page and joins a sparse one to a sparse neighbour. What that moves is
// bounded by what was added, three quarters of a page for each page that goes.
func (x *Index) tidy(p *page) {
	ps := &x.pages
	if p.live > mergeSize {
		return
	}
	at := ps.spanOf(p.entries[0].seq)
	switch {
	case p.live == 0:
		ps.drop(at)
	case at+1 < len(ps.order) && p.live+ps.order[at+1].page.live <= mergeSize:
		x.merge(at)
	case at > 0 && p.live+ps.order[at-1].page.live <= mergeSize:
		x.merge(at - 1)
	case len(ps.order) == 1 && cap(p.entries) > sparePage && p.live <= cap(p.entries)/8:
		x.compact(p)
		p.entries = append(make([]entry, 0, 2*p.live), p.entries...)
	}
}

// drop gives an empty page back.
func (ps *pages) drop(at int) {
	p := ps.order[at].page
	ps.ages.remove(p.pos, &ps.numbered)
	ps.numbered[p.number] = nil
	ps.free = append(ps.free, p.number)
	if at == 0 {
		ps.order[0] = span{}
		ps.order = ps.order[1:]
	} else {
		ps.order = append(ps.order[:at], ps.order[at+1:]...)
	}
	// An empty queue keeps little; any other will need a full page soon.
	if len(ps.order) > 0 || cap(p.entries) <= sparePage {
		ps.spare = p
	} else {
		ps.spare = nil
	}
}

// compact closes the gaps of a page that has a live entry.
func (x *Index) compact(p *page) {
	n := 0
	for i := range p.entries {
		if p.entries[i].phase == 0 {
			continue
		}
		if i > n {
			p.entries[n] = p.entries[i]
			x.moved(&p.entries[n], p.slot(n))
			p.entries[i].phase = 0
		}
		n++
	}
	p.entries = p.entries[:n]
	p.lo = 0
	at := x.pages.spanOf(p.entries[0].seq)
	x.pages.order[at].first = p.entries[0].seq
}

// merge moves the entries of the page after a place in the order into the page
// there, which has room: every page but the last has that of a full one.
func (x *Index) merge(at int) {
	ps := &x.pages
	into, from := ps.order[at].page, ps.order[at+1].page
	x.compact(into)
	for i := range from.entries {
		e := &from.entries[i]
		if e.phase == 0 {
			continue
		}
		if e.sent < into.entries[len(into.entries)-1].sent {
			into.ordered = false
		}
		into.entries = append(into.entries, *e)
		n := len(into.entries) - 1
		x.moved(&into.entries[n], into.slot(n))
		e.phase = 0
	}
	into.live += from.live
	from.live = 0
	into.stale = into.stale || from.stale
	if key := ps.ages[from.pos].key; key < ps.ages[into.pos].key {
		ps.ages.fix(into.pos, key, &ps.numbered)
	}
	ps.drop(at + 1)
}

// moved says that an entry has a new slot to everything that knows the old one.
func (x *Index) moved(e *entry, to slot) {
	l := x.lanes[e.lane]
	if x.listed(e) {
		if e.prev == 0 {
			l.head = to
		} else {
			x.pages.at(e.prev).next = to
		}
		if e.next == 0 {
			l.tail = to
		} else {
			x.pages.at(e.next).prev = to
		}
	}
	switch {
	case e.held:
	case e.phase != Visible:
		x.timers[e.pos].id = uint32(to)
	case e.returned:
		l.returned[e.pos].id = uint32(to)
	}
}
