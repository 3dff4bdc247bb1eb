package queue

import (
	"math/big"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 38)
	good := []string{
		"0", "-0", "+1", "1", "007", "1.", ".5", "-.5", "0.0", "42.50", "1e0", "1E+2", "1e-2", nines, "0." + nines,
		nines + "00000", "1e126", "1e-128", "0e999999999", strings.Repeat("0", 100) + "1", "9.9e126", "123e124",
		"0." + strings.Repeat("0", 127) + "1", "1" + strings.Repeat("0", 126), "1e0000000000000000000000126",
	}
	bad := []string{
		"", "-", "+", ".", "-.", "e5", "1e", "1e+", "1 ", " 1", "1,5", "1.2.3", "0x10", "NaN", "Inf", "1e1.5", "--1", "１",
		nines + "1", "1e127", "1e-129", "10e126", "0.1e-128", "1" + strings.Repeat("0", 127),
		"0." + strings.Repeat("0", 128) + "1", "1e99999999999999999999", "1e-99999999999999999999",
	}
	for _, text := range good {
		if !validNumber([]byte(text)) {
			t.Errorf("%q is refused", text)
		}
	}
	for _, text := range bad {
		if validNumber([]byte(text)) {
			t.Errorf("%q is accepted", text)
		}
	}
}

// FuzzNumber compares with exact arithmetic.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-12.5e3", "1e126", "1e-128", ".5", "1e", strings.Repeat("9", 38)} {
		f.Add(seed)
	}
	least := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(128), nil))
	beyond := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(127), nil))
	f.Fuzz(func(t *testing.T, text string) {
		accepted := validNumber([]byte(text))
		if len(text) > 300 || strings.ContainsAny(text, "_/xXoObBpP") {
			return // big.Rat reads more notations than SQS
		}
		if e := strings.IndexAny(text, "eE"); e >= 0 && len(text)-e > 5 {
			return // would take long
		}
		value, ok := new(big.Rat).SetString(text)
		if !ok {
			if accepted {
				t.Errorf("%q is accepted, but is no number", text)
			}
			return
		}
		value.Abs(value)
		inRange := value.Sign() == 0 || value.Cmp(least) >= 0 && value.Cmp(beyond) < 0
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.SplitN(strings.ToLower(text), "e", 2)[0])
		fits := len(strings.Trim(digits, "0")) <= numberDigits
		if want := inRange && fits; accepted != want {
			t.Errorf("%q is accepted: %v, want %v", text, accepted, want)
		}
	})
}
