package queue

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
)

// String returns the id in the form of a UUID.
func (id MessageID) String() string {
	var text [36]byte
	id.encode(&text)
	return string(text[:])
}

// AppendText appends the id in the form of a UUID. It never fails.
func (id MessageID) AppendText(b []byte) ([]byte, error) {
	var text [36]byte
	id.encode(&text)
	return append(b, text[:]...), nil
}

func (id MessageID) encode(text *[36]byte) {
	hex.Encode(text[0:8], id[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], id[10:16])
}

// idSource makes random message ids (UUID version 4, RFC 9562). It reads the
// system's random source in large pieces, because one read costs more than all
// else that a send does here.
type idSource struct {
	mu     sync.Mutex
	buffer [256 * len(MessageID{})]byte
	unread int
}

func (s *idSource) next() MessageID {
	s.mu.Lock()
	if s.unread == 0 {
		// Read never fails: see its documentation.
		_, _ = rand.Read(s.buffer[:])
		s.unread = len(s.buffer)
	}
	start := len(s.buffer) - s.unread
	id := MessageID(s.buffer[start:])
	s.unread -= len(id)
	s.mu.Unlock()

	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id
}

var errMessageID = errors.New("not a message id")

// UnmarshalText is the inverse of [MessageID.AppendText].
func (id *MessageID) UnmarshalText(text []byte) error {
	var digits [2 * len(id)]byte
	plain := bytes.ReplaceAll(text, []byte("-"), nil)
	if len(text) != len(digits)+4 || copy(digits[:], plain) != len(digits) || len(plain) != len(digits) {
		return errMessageID
	}
	if _, err := hex.Decode(id[:], digits[:]); err != nil {
		return errMessageID
	}
	return nil
}
