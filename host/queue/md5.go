package queue

import (
	"crypto/md5"
	"encoding/binary"
	"slices"
	"strings"
)

// The byte before a value tells its field in the digest of message attributes.
const (
	digestStringField = 1
	digestBinaryField = 2
)

// AttributesDigest returns the MD5 sum of message attributes, which must be sorted by
// name, as SQS and its SDKs calculate it (AWS developer guide, "Calculating the MD5
// message digest for message attributes").
func AttributesDigest(attributes []MessageAttribute) [md5.Size]byte {
	size := 0
	for i := range attributes {
		a := &attributes[i]
		size += 4 + len(a.Name) + 4 + len(a.DataType) + 1 + 4 + len(a.Value)
	}
	var room [512]byte // keeps the usual few attributes off the heap
	input := slices.Grow(room[:0], size)
	for i := range attributes {
		a := &attributes[i]
		input = append(appendDigestLength(input, len(a.Name)), a.Name...)
		input = append(appendDigestLength(input, len(a.DataType)), a.DataType...)
		if strings.HasPrefix(a.DataType, attributeTypeBinary) {
			input = append(input, digestBinaryField)
		} else {
			input = append(input, digestStringField)
		}
		input = append(appendDigestLength(input, len(a.Value)), a.Value...)
	}
	return md5.Sum(input)
}

func appendDigestLength(b []byte, length int) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(length))
}
