package dispatch_test

import (
	"encoding/hex"
	"strconv"
)

func text(n int64) string { return strconv.FormatInt(n, 10) }

func hexText(sum [16]byte) string { return hex.EncodeToString(sum[:]) }
