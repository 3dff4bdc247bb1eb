package abi

import (
	"strings"
	"testing"
)

func BenchmarkAppendString(b *testing.B) {
	body := []byte(`{"id":"order-000001","note":"` + strings.Repeat("lorem ipsum dolor sit amet ", 36) + `","amount":17}`)
	dst := make([]byte, 0, 2048)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		dst = AppendString(dst[:0], body)
	}
}
