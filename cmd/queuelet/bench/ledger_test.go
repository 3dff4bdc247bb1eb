package bench

import (
	"errors"
	"strings"
	"testing"
)

func TestLedger(t *testing.T) {
	for name, test := range map[string]struct {
		seen []int
		want string
	}{
		"all once":  {[]int{2, 0, 1}, ""},
		"one lost":  {[]int{0, 1}, "of 3 messages sent, 1 were not received and 0 more than once; 0 were"},
		"one twice": {[]int{0, 1, 1, 2}, "0 were not received and 1 more than once"},
		"foreign":   {[]int{0, 1, 2, 3}, "1 were received that were not sent"},
	} {
		t.Run(name, func(t *testing.T) {
			var l ledger
			if first, second := l.issue(2), l.issue(1); first != 0 || second != 2 {
				t.Fatalf("issued %d and %d", first, second)
			}
			for _, n := range test.seen {
				l.seen(n)
			}
			err := l.check()
			var wrong *Error
			switch {
			case test.want == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &wrong) || wrong.Code != CodeWrong || !strings.Contains(err.Error(), test.want):
				t.Errorf("got %v", err)
			}
		})
	}
}
