package index

// node is something in a heap, under the key it is sorted by.
type node struct {
	key int64
	seq uint64 // the order among equal keys
	id  uint32
}

func (n *node) before(m *node) bool {
	return n.key < m.key || n.key == m.key && n.seq < m.seq
}

// placer keeps the place of each thing in a heap, by which it can be taken out.
type placer interface {
	place(id, pos uint32)
}

// heap is a binary heap with the smallest node first. Unlike container/heap it
// keeps the keys side by side and calls nothing to compare them.
type heap []node

func (h *heap) push(n node, p placer) {
	*h = append(*h, n)
	h.up(len(*h)-1, p)
}

// remove takes out the node at a place.
func (h *heap) remove(pos uint32, p placer) node {
	s := *h
	n := s[pos]
	last := len(s) - 1
	end := s[last]
	s = s[:last]
	if last < cap(s)/4 && cap(s) > sparePage {
		s = append(make(heap, 0, cap(s)/2), s...)
	}
	*h = s
	if int(pos) < last {
		s[pos] = end
		h.settle(int(pos), p)
	}
	return n
}

// fix gives the node at a place another key.
func (h *heap) fix(pos uint32, key int64, p placer) {
	(*h)[pos].key = key
	h.settle(int(pos), p)
}

func (h *heap) settle(i int, p placer) {
	if i > 0 && (*h)[i].before(&(*h)[(i-1)/2]) {
		h.up(i, p)
	} else {
		h.down(i, p)
	}
}

func (h *heap) up(i int, p placer) {
	s := *h
	n := s[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !n.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		p.place(s[i].id, uint32(i))
		i = parent
	}
	s[i] = n
	p.place(n.id, uint32(i))
}

func (h *heap) down(i int, p placer) {
	s := *h
	n := s[i]
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].before(&s[child]) {
			child++
		}
		if !s[child].before(&n) {
			break
		}
		s[i] = s[child]
		p.place(s[i].id, uint32(i))
		i = child
	}
	s[i] = n
	p.place(n.id, uint32(i))
}
