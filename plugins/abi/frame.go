package abi

import "encoding/binary"

// frameLength is the size of the number in front of a frame.
const frameLength = 4

// AppendFrame appends a frame to dst. What an operation is asked and what it answers are frames: the length of the header
// in 4 bytes, little-endian, then the header, which is JSON, then the body, which is all the rest.
func AppendFrame(dst, header, body []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(header)))
	dst = append(dst, header...)
	return append(dst, body...)
}

// SplitFrame returns the parts of a frame, which share its memory. An empty frame has neither. The error is Invalid when
// the header is longer than the frame.
func SplitFrame(frame []byte) (header, body []byte, err error) {
	if len(frame) == 0 {
		return nil, nil, nil
	}
	if len(frame) < frameLength {
		return nil, nil, Invalid
	}
	size := binary.LittleEndian.Uint32(frame)
	rest := frame[frameLength:]
	if uint64(size) > uint64(len(rest)) {
		return nil, nil, Invalid
	}
	return rest[:size:size], rest[size:], nil
}
