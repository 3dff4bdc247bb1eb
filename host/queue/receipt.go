package queue

import (
	"crypto/aes"
	"crypto/cipher"
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
// not handed to him. To clients it is opaque: AWS promises nothing of its form.
const (
	receiptVersion  = 1
	receiptPlain    = 8 + 8 + 4 + 8
	receiptOverhead = 12 + 16 // nonce and tag
	receiptSealed   = 1 + receiptOverhead + receiptPlain
	receiptText     = (receiptSealed*8 + 5) / 6
)

// receiptSealer makes and opens receipt handles.
type receiptSealer struct {
	aead     cipher.AEAD // puts its random nonce in front
	encoding *base64.Encoding
}

// newReceiptSealer takes a key of 32 bytes.
func newReceiptSealer(key []byte) (*receiptSealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("use the cipher: %w", err)
	}
	return &receiptSealer{aead: aead, encoding: base64.RawURLEncoding.Strict()}, nil
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
	sealed := append(scratch.sealed[:0], receiptVersion)
	sealed = r.aead.Seal(sealed, nil, plain, scratch.version[:]) //nolint:gosec // no nonce is given: it is made inside
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
	plain, err := r.aead.Open(scratch.plain[:0], nil, scratch.sealed[1:], scratch.sealed[:1])
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
