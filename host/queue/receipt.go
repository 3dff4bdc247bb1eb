package queue

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// A receipt handle is the base64url text of
//
//	version (1 byte) | nonce | sealed: queue 8, sequence 8, receive count 4, received at 8 | tag
//
// sealed with AES-256-GCM, so that nobody can make a handle for a message that was
// not handed to him. The nonce is made from what is sealed: a receive that is repeated
// by its ReceiveRequestAttemptId has the same handles again, as in AWS, and two receives
// never share a nonce. To clients it is opaque: AWS promises nothing of its form.
const (
	receiptVersion  = 1
	receiptPlain    = 8 + 8 + 4 + 8
	receiptNonce    = 12
	receiptOverhead = receiptNonce + 16 // and tag
	receiptSealed   = 1 + receiptOverhead + receiptPlain
	receiptText     = (receiptSealed*8 + 5) / 6
)

// receiptSealer makes and opens receipt handles.
type receiptSealer struct {
	aead     cipher.AEAD
	nonceKey [sha256.Size]byte
	encoding *base64.Encoding
}

// newReceiptSealer takes a key of 32 bytes.
func newReceiptSealer(key []byte) (*receiptSealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("use the cipher: %w", err)
	}
	return &receiptSealer{
		aead:     aead,
		nonceKey: sha256.Sum256(append([]byte("nonces of receipt handles "), key...)),
		encoding: base64.RawURLEncoding.Strict(),
	}, nil
}

// nonce is a keyed hash of what is sealed. Its input is always of the same length and
// most of the sum is cut off, so that the plain hash of key and text is enough.
func (r *receiptSealer) nonce(plain []byte) [receiptNonce]byte {
	var input [sha256.Size + receiptPlain]byte
	copy(input[:], r.nonceKey[:])
	copy(input[sha256.Size:], plain)
	sum := sha256.Sum256(input[:])
	return [receiptNonce]byte(sum[:])
}

// receiptScratch is room to work in, so that a batch of handles allocates it once.
type receiptScratch struct {
	version [1]byte
	plain   [receiptPlain]byte
	sealed  [receiptSealed]byte
	text    [receiptText]byte
}

// seal returns the receipt handle of h.
func (r *receiptSealer) seal(h Handle, scratch *receiptScratch) string {
	plain := scratch.plain[:0]
	plain = binary.BigEndian.AppendUint64(plain, h.Queue)
	plain = binary.BigEndian.AppendUint64(plain, h.Sequence)
	plain = binary.BigEndian.AppendUint32(plain, h.ReceiveCount)
	plain = binary.BigEndian.AppendUint64(plain, uint64(h.ReceivedAt.UnixMilli()))

	scratch.version[0] = receiptVersion
	nonce := r.nonce(plain)
	sealed := append(scratch.sealed[:0], receiptVersion)
	sealed = append(sealed, nonce[:]...)
	sealed = r.aead.Seal(sealed, sealed[1:], plain, scratch.version[:])
	r.encoding.Encode(scratch.text[:], sealed)
	return string(scratch.text[:])
}

// open returns what a receipt handle identifies; ok is false when seal did not make it.
func (r *receiptSealer) open(text string, scratch *receiptScratch) (h Handle, ok bool) {
	if len(text) != receiptText {
		return Handle{}, false
	}
	copy(scratch.text[:], text)
	n, err := r.encoding.Decode(scratch.sealed[:], scratch.text[:])
	if err != nil || n != receiptSealed || scratch.sealed[0] != receiptVersion {
		return Handle{}, false
	}
	nonce, sealed := scratch.sealed[1:1+receiptNonce], scratch.sealed[1+receiptNonce:]
	plain, err := r.aead.Open(scratch.plain[:0], nonce, sealed, scratch.sealed[:1])
	if err != nil {
		return Handle{}, false
	}
	return Handle{
		Queue:        binary.BigEndian.Uint64(plain),
		Sequence:     binary.BigEndian.Uint64(plain[8:]),
		ReceiveCount: binary.BigEndian.Uint32(plain[16:]),
		ReceivedAt:   time.UnixMilli(int64(binary.BigEndian.Uint64(plain[20:]))),
	}, true
}

const receiptHandleParameter = "ReceiptHandle"

// openReceipt opens a receipt handle of the queue. A handle of another queue, or of a
// deleted one of the same name, is refused.
func (s *Service) openReceipt(def *Definition, receiptHandle string, scratch *receiptScratch) (Handle, error) {
	handle, ok := s.receipts.open(receiptHandle, scratch)
	if !ok {
		return Handle{}, refuse(CodeReceiptHandleIsInvalid,
			`The input receipt handle "%s" is not a valid receipt handle.`, receiptHandle)
	}
	if handle.Queue != def.ID {
		return Handle{}, refuse(CodeReceiptHandleIsInvalid,
			`The receipt handle "%s" is not valid for this queue.`, receiptHandle)
	}
	return handle, nil
}
