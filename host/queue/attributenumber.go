package queue

// The range of an attribute of type Number: up to 38 significant digits, from
// 10^-128 to 10^+126 (AWS developer guide, "Message attribute data types").
const (
	numberDigits      = 38
	numberMinExponent = -128
	numberMaxExponent = 126
)

// validNumber tells whether text is a decimal number in range: an optional sign,
// digits with at most one point, and an optional exponent. It works on the text,
// which is kept as sent, because no machine number holds 38 digits.
func validNumber(text []byte) bool {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	significant := 0 // digits from the first that is not zero
	trailing := 0    // zeros that end them
	magnitude := 0   // exponent of the first significant digit, before the exponent part
	digits, point := 0, -1
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		switch {
		case c != '0' && significant == 0:
			significant, trailing, magnitude = 1, 0, digits
		case c != '0':
			significant, trailing = significant+1, 0
		case significant > 0:
			significant, trailing = significant+1, trailing+1
		}
	}
	if digits == 0 {
		return false
	}
	exponent, ok := parseExponent(text[i:])
	if !ok {
		return false
	}
	if significant == 0 {
		return true // zero, however written
	}
	if point < 0 {
		point = digits
	}
	exponent += point - magnitude
	return significant-trailing <= numberDigits && exponent >= numberMinExponent && exponent <= numberMaxExponent
}

// parseExponent reads what follows the digits of a number: nothing, or e and an
// integer.
func parseExponent(text []byte) (exponent int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	if len(text) == 0 {
		return 0, false
	}
	const beyond = 1 << 24 // larger than any body: stops the sum from overflowing
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), beyond)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}
