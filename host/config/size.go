package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written with a binary unit: 64KiB, 128MiB, 2GiB.
type Size int64

// The units of [Size].
const (
	Byte Size = 1
	KiB       = 1024 * Byte
	MiB       = 1024 * KiB
	GiB       = 1024 * MiB
)

type sizeUnit struct {
	suffix string
	unit   Size
}

func sizeUnits() []sizeUnit {
	return []sizeUnit{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", Byte}}
}

func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s != 0 && s%u.unit == 0 {
			return strconv.FormatInt(int64(s/u.unit), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

var errSize = errors.New("is not a size")

// parseSize reads a whole number with a unit.
func parseSize(text string) (Size, error) {
	for _, u := range sizeUnits() {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || n > math.MaxInt64/uint64(u.unit) {
			break
		}
		return Size(n) * u.unit, nil
	}
	return 0, fmt.Errorf("%q %w", text, errSize)
}
