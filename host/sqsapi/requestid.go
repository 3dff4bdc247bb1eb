package sqsapi

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

const uuidSize = 36

// newRequestID makes a random UUID (RFC 9562, version 4). It names a request in answers
// and logs and protects nothing.
func newRequestID() string {
	var id [16]byte
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // see above
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // see above
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [uuidSize]byte
	return string(appendUUID(text[:0], id))
}

// appendUUID appends the text form of a UUID.
func appendUUID(dst []byte, id [16]byte) []byte {
	dst = hex.AppendEncode(dst, id[:4])
	for _, group := range [...][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		dst = append(dst, '-')
		dst = hex.AppendEncode(dst, group)
	}
	return dst
}
