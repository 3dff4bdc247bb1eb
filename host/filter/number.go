package filter

import (
	"bytes"
	"math"
	"strconv"
)

// number is a decimal number of any size and precision: 0.digits times ten to the power of point. It is compared exactly
// and without writing it out, so that 1e999999999 costs nothing.
type number struct {
	negative bool
	digits   []byte // without zeros at either end; empty for 0
	point    int
}

// parseNumber reads a JSON number. room is used for its digits while it is large enough.
func parseNumber(text, room []byte) number {
	n := number{digits: room[:0]}
	if text[0] == '-' {
		n.negative = true
		text = text[1:]
	}
	mantissa, exponent := text, 0
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], parseExponent(text[e+1:])
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	n.digits = append(append(n.digits, whole...), fraction...)
	n.point = len(whole) + exponent
	for len(n.digits) > 0 && n.digits[0] == '0' {
		n.digits = n.digits[1:]
		n.point--
	}
	n.digits = bytes.TrimRight(n.digits, "0")
	if len(n.digits) == 0 {
		n.negative, n.point = false, 0
	}
	return n
}

// parseExponent reads an exponent. One that is too large to be meant is as large as can be.
func parseExponent(text []byte) int {
	const most = math.MaxInt32
	exponent, err := strconv.Atoi(string(text))
	switch {
	case err == nil && exponent > -most && exponent < most:
		return exponent
	case text[0] == '-':
		return -most
	default:
		return most
	}
}

// compare returns -1, 0 or 1.
func (n number) compare(other number) int {
	switch {
	case n.negative != other.negative:
		return n.direction()
	case len(n.digits) == 0 && len(other.digits) == 0:
		return 0
	case len(n.digits) == 0:
		return -other.direction()
	case len(other.digits) == 0:
		return n.direction()
	case n.point > other.point:
		return n.direction()
	case n.point < other.point:
		return -n.direction()
	default:
		return n.direction() * bytes.Compare(n.digits, other.digits)
	}
}

// direction is where from 0 the number lies.
func (n number) direction() int {
	if n.negative {
		return -1
	}
	return 1
}
