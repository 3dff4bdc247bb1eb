package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/queuelet/queuelet/jetstream/index"
)

// ErrCorrupt says that an append of the journal cannot be understood. Its shard must not
// be owned: what the journal says is not known.
var ErrCorrupt = errors.New("journal is corrupt")

// An append is a version byte, a CRC-32C of the rest, and records. A record is a kind, the
// queue's id, a count and that many elements.
const (
	version    = 1
	headerSize = 1 + 4

	kindState   = 'S' // elements: sequence, count, due, first
	kindDelete  = 'D' // elements: sequence
	kindRange   = 'R' // elements: first deleted sequence, how many
	kindPurge   = 'P' // no elements; the count is the first sequence that remains
	kindDedup   = 'K' // elements: digest, sequence, message id, time
	kindEpoch   = 'E' // no elements: a new owner begins
	recordBytes = 24  // upper bound of a record without elements
	stateBytes  = 40  // upper bound of one state
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a table, never changed

// begin reserves the header of an append.
func begin(b []byte) []byte {
	if len(b) > 0 {
		return b
	}
	return append(b, version, 0, 0, 0, 0)
}

// seal completes the header.
func seal(b []byte) {
	binary.LittleEndian.PutUint32(b[1:], crc32.Checksum(b[headerSize:], castagnoli))
}

func appendRecord(b []byte, kind byte, queue, n uint64) []byte {
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint64(b, queue)
	return binary.AppendUvarint(b, n)
}

func appendState(b []byte, seq uint64, s index.State) []byte {
	b = binary.AppendUvarint(b, seq)
	b = binary.AppendUvarint(b, uint64(s.Count))
	b = binary.AppendUvarint(b, uint64(s.Due))
	return binary.AppendUvarint(b, uint64(s.First))
}

// decoder walks the records of an append; its first error stays.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.fail()
		return make([]byte, n)
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) fail() {
	if d.err == nil {
		d.err = ErrCorrupt
	}
	d.b = nil
}

// open checks the header of an append and returns its records.
func open(data []byte) (decoder, error) {
	if len(data) < headerSize {
		return decoder{}, fmt.Errorf("append of %d bytes: %w", len(data), ErrCorrupt)
	}
	if data[0] != version {
		return decoder{}, fmt.Errorf("version %d: %w", data[0], ErrCorrupt)
	}
	if got, want := crc32.Checksum(data[headerSize:], castagnoli), binary.LittleEndian.Uint32(data[1:]); got != want {
		return decoder{}, fmt.Errorf("checksum %08x, want %08x: %w", got, want, ErrCorrupt)
	}
	return decoder{b: data[headerSize:]}, nil
}
