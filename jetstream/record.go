package jetstream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/queuelet/queuelet/host/queue"
)

// errCorrupt says that stored bytes cannot be understood.
var errCorrupt = errors.New("log is corrupt")

// A block is what one append of a queue's log holds:
//
//	version  1 byte
//	crc      4 bytes, CRC-32C of all that follows
//	next     8 bytes, the first sequence that was not given out when it was made
//	records  each one message
//
// A record is its length (4 bytes), a byte of flags, or two when its highest bit is set, and
// fields in a fixed order, those with a flag only when it is set. Numbers are varints, texts and byte strings carry their
// length, times are epoch milliseconds. Message attributes are here and not in NATS headers,
// which are limited to 64 KiB in all.
const (
	blockVersion    = 1
	blockHeaderSize = 1 + 4 + 8
)

// The optional fields of a record.
const (
	flagDelay      byte = 1 << iota // not before
	flagGroup                       // message group
	flagDedup                       // deduplication id
	flagDedupKey                    // the key of deduplication, where it is not the id
	flagTrace                       // trace header
	flagMoved                       // where the message came from in a dead-letter move
	flagAttributes                  // message attributes
	flagMore                        // a second byte of flags follows
)

// The optional fields in the second byte of flags.
const moreDepth byte = 1 // how many functions the message has come through

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a table, never changed

// record is one message as it stands in a block. Its byte slices point into the block.
type record struct {
	queue.Message

	Seq       uint64
	NotBefore int64 // 0 when it was not delayed
	DedupKey  string
	Moved     *moved
}

// moved says where a message came from and what it brought along, so that a move that a
// crash interrupted is completed and not repeated.
type moved struct {
	Queue    uint64 // id of the queue it was moved from
	Seq      uint64 // its sequence there
	Count    uint32 // receives before the move
	First    int64  // first receive before the move, 0 for never
	Enqueued int64  // when it was moved; retention of FIFO queues counts from here
}

// enqueued is the time from which retention counts.
func (r *record) enqueued(fifo bool) int64 {
	if r.Moved != nil && fifo {
		return r.Moved.Enqueued
	}
	return r.Sent.UnixMilli()
}

// beginBlock reserves the header of a block in an empty buffer.
func beginBlock(b []byte) []byte {
	if len(b) > 0 {
		return b
	}
	var header [blockHeaderSize]byte
	header[0] = blockVersion
	return append(b, header[:]...)
}

// sealBlock completes the header.
func sealBlock(b []byte, next uint64) {
	binary.LittleEndian.PutUint64(b[5:], next)
	binary.LittleEndian.PutUint32(b[1:], crc32.Checksum(b[5:], castagnoli))
}

// openBlock checks a block's header and returns its high-water sequence.
func openBlock(b []byte) (next uint64, err error) {
	if len(b) < blockHeaderSize {
		return 0, fmt.Errorf("block of %d bytes: %w", len(b), errCorrupt)
	}
	if b[0] != blockVersion {
		return 0, fmt.Errorf("block version %d: %w", b[0], errCorrupt)
	}
	if got, want := crc32.Checksum(b[5:], castagnoli), binary.LittleEndian.Uint32(b[1:]); got != want {
		return 0, fmt.Errorf("block checksum %08x, want %08x: %w", got, want, errCorrupt)
	}
	return binary.LittleEndian.Uint64(b[5:]), nil
}

// recordSize is about how many bytes a record takes.
func recordSize(m *queue.Message) int {
	n := 96 + len(m.Body) + len(m.SenderID) + len(m.Group) + 2*len(m.DedupID) + len(m.TraceHeader) + len(m.DeadLetterSource)
	for i := range m.Attributes {
		a := &m.Attributes[i]
		n += 12 + len(a.Name) + len(a.DataType) + len(a.Value)
	}
	return n
}

// flags says which optional fields a record has.
func (r *record) flags() (f byte) {
	if r.NotBefore != 0 {
		f |= flagDelay
	}
	if r.Group != "" {
		f |= flagGroup
	}
	if r.DedupID != "" {
		f |= flagDedup
	}
	if r.DedupKey != "" && r.DedupKey != r.DedupID {
		f |= flagDedupKey
	}
	if r.TraceHeader != "" {
		f |= flagTrace
	}
	if r.Moved != nil {
		f |= flagMoved
	}
	if len(r.Attributes) > 0 {
		f |= flagAttributes
	}
	if r.Depth != 0 {
		f |= flagMore
	}
	return f
}

// appendRecord writes a record.
func appendRecord(b []byte, r *record) []byte {
	start, flags := len(b), r.flags()
	b = append(b, 0, 0, 0, 0, flags)
	if flags&flagMore != 0 {
		b = append(b, moreDepth)
	}
	b = binary.AppendUvarint(b, r.Seq)
	b = append(b, r.ID[:]...)
	b = binary.AppendUvarint(b, uint64(r.Sent.UnixMilli()))
	b = appendText(b, r.SenderID)
	if flags&flagDelay != 0 {
		b = binary.AppendUvarint(b, uint64(r.NotBefore))
	}
	if flags&flagGroup != 0 {
		b = appendText(b, r.Group)
	}
	if flags&flagDedup != 0 {
		b = appendText(b, r.DedupID)
	}
	if flags&flagDedupKey != 0 {
		b = appendText(b, r.DedupKey)
	}
	if flags&flagTrace != 0 {
		b = appendText(b, r.TraceHeader)
	}
	if flags&flagMoved != 0 {
		b = appendMoved(b, r)
	}
	if flags&flagAttributes != 0 {
		b = appendAttributes(b, r.Attributes)
	}
	if flags&flagMore != 0 {
		b = binary.AppendUvarint(b, uint64(r.Depth))
	}
	b = append(b, r.BodyMD5[:]...)
	b = binary.AppendUvarint(b, uint64(len(r.Body)))
	b = append(b, r.Body...)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

func appendMoved(b []byte, r *record) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.Moved.Queue)
	b = binary.AppendUvarint(b, r.Moved.Seq)
	b = binary.AppendUvarint(b, uint64(r.Moved.Count))
	b = binary.AppendUvarint(b, uint64(r.Moved.First))
	b = binary.AppendUvarint(b, uint64(r.Moved.Enqueued))
	return appendText(b, r.DeadLetterSource)
}

func appendAttributes(b []byte, attributes []queue.MessageAttribute) []byte {
	b = binary.AppendUvarint(b, uint64(len(attributes)))
	for i := range attributes {
		a := &attributes[i]
		b = appendText(b, a.Name)
		b = appendText(b, a.DataType)
		b = binary.AppendUvarint(b, uint64(len(a.Value)))
		b = append(b, a.Value...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decoder reads the fields of a record; its first error stays. last keeps the sender of
// the record before, which mostly is the same, so that it is made only once.
type decoder struct {
	b      []byte
	failed bool
	sender string
}

// flags reads the second byte of flags. One that has others than we know has fields that
// cannot be read.
func (d *decoder) flags() byte {
	b := d.take(1)
	if len(b) == 0 || b[0]&^moreDepth != 0 {
		d.failed = true
		return 0
	}
	return b[0]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.failed, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.failed, d.b = true, nil
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) sum() (s [16]byte) {
	copy(s[:], d.take(16))
	return s
}

func (d *decoder) text() string { return string(d.take(d.uvarint())) }

// next reads the record at the head of the bytes given and leaves what follows it. The
// record's body and attribute values point into them.
func (d *decoder) next(r *record) error {
	if len(d.b) < 5 {
		return fmt.Errorf("record of %d bytes: %w", len(d.b), errCorrupt)
	}
	size := uint64(binary.LittleEndian.Uint32(d.b))
	if size == 0 || size > uint64(len(d.b)-4) {
		return fmt.Errorf("record of %d bytes in a block of %d: %w", size, len(d.b), errCorrupt)
	}
	rest := d.b[4+size:]
	d.b = d.b[4 : 4+size]
	flags, more := d.b[0], byte(0)
	d.b = d.b[1:]
	if flags&flagMore != 0 {
		more = d.flags()
	}
	*r = record{}
	r.Seq = d.uvarint()
	r.ID = d.sum()
	r.Sent = time.UnixMilli(int64(d.uvarint()))
	if s := d.take(d.uvarint()); string(s) != d.sender {
		d.sender = string(s)
	}
	r.SenderID = d.sender
	if flags&flagDelay != 0 {
		r.NotBefore = int64(d.uvarint())
	}
	if flags&flagGroup != 0 {
		r.Group = d.text()
	}
	if flags&flagDedup != 0 {
		r.DedupID = d.text()
		r.DedupKey = r.DedupID
	}
	if flags&flagDedupKey != 0 {
		r.DedupKey = d.text()
	}
	if flags&flagTrace != 0 {
		r.TraceHeader = d.text()
	}
	if flags&flagMoved != 0 {
		d.moved(r)
	}
	if flags&flagAttributes != 0 {
		d.attributes(r)
	}
	if more&moreDepth != 0 {
		r.Depth = uint32(d.uvarint())
	}
	r.BodyMD5 = d.sum()
	r.Body = d.take(d.uvarint())
	if d.failed || len(d.b) != 0 {
		return fmt.Errorf("record %d: %w", r.Seq, errCorrupt)
	}
	d.b = rest
	return nil
}

func (d *decoder) moved(r *record) {
	m := &moved{}
	if id := d.take(8); id != nil {
		m.Queue = binary.LittleEndian.Uint64(id)
	}
	m.Seq = d.uvarint()
	m.Count = uint32(d.uvarint())
	m.First = int64(d.uvarint())
	m.Enqueued = int64(d.uvarint())
	r.DeadLetterSource = d.text()
	r.Moved = m
}

func (d *decoder) attributes(r *record) {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.failed = true
		return
	}
	r.Attributes = make([]queue.MessageAttribute, 0, n)
	for range n {
		r.Attributes = append(r.Attributes, queue.MessageAttribute{Name: d.text(), DataType: d.text(), Value: d.take(d.uvarint())})
		if d.failed {
			return
		}
	}
}
