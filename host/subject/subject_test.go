package subject_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/subject"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("x", subject.MaxLength)
	for text, want := range map[string]struct{ subject, pattern error }{
		"orders":             {nil, nil},
		"orders.done":        {nil, nil},
		"orders.sqs.$JS._x":  {nil, nil},
		"sqsx.ql":            {nil, nil},
		"žluťoučký.🐎":        {nil, nil},
		long:                 {nil, nil},
		long + "x":           {subject.ErrInvalid, nil},
		"*":                  {subject.ErrInvalid, nil},
		">":                  {subject.ErrInvalid, nil},
		"*.>":                {subject.ErrInvalid, nil},
		"orders.*.done":      {subject.ErrInvalid, nil},
		"orders.>":           {subject.ErrInvalid, nil},
		"orders.>.done":      {subject.ErrInvalid, subject.ErrInvalid},
		"orders.a*":          {subject.ErrInvalid, subject.ErrInvalid},
		"":                   {subject.ErrInvalid, subject.ErrInvalid},
		".":                  {subject.ErrInvalid, subject.ErrInvalid},
		"orders.":            {subject.ErrInvalid, subject.ErrInvalid},
		"orders..done":       {subject.ErrInvalid, subject.ErrInvalid},
		"orders.a b":         {subject.ErrInvalid, subject.ErrInvalid},
		"orders\r\nPUB x 0":  {subject.ErrInvalid, subject.ErrInvalid},
		"orders.\x00":        {subject.ErrInvalid, subject.ErrInvalid},
		"orders.\xff":        {subject.ErrInvalid, subject.ErrInvalid},
		"sqs":                {subject.ErrReserved, subject.ErrReserved},
		"sqs.send.orders":    {subject.ErrReserved, subject.ErrReserved},
		"ql.j.0":             {subject.ErrReserved, subject.ErrReserved},
		"$JS.API.INFO":       {subject.ErrReserved, subject.ErrReserved},
		"_INBOX.x":           {subject.ErrReserved, subject.ErrReserved},
		"_R_.x":              {subject.ErrReserved, subject.ErrReserved},
		"sqs.>":              {subject.ErrInvalid, subject.ErrReserved},
		"$SYS.*.ACCOUNT.x.>": {subject.ErrInvalid, subject.ErrReserved},
	} {
		if err := subject.Check(text); !errors.Is(err, want.subject) {
			t.Errorf("Check(%q) = %v, want %v", text, err, want.subject)
		}
		if err := subject.CheckPattern(text); !errors.Is(err, want.pattern) {
			t.Errorf("CheckPattern(%q) = %v, want %v", text, err, want.pattern)
		}
	}
}

func TestMatch(t *testing.T) {
	for pattern, want := range map[string]struct{ matches, others string }{
		"orders":        {"orders", "order orders.done"},
		"orders.*":      {"orders.done orders.x", "orders orders.a.b bills.x"},
		"orders.>":      {"orders.done orders.a.b", "orders bills.a"},
		"*.done":        {"orders.done", "done orders.done.x orders.x"},
		"orders.*.done": {"orders.a.done", "orders.done orders.a.b.done"},
		">":             {"orders orders.done", ""},
	} {
		for s := range strings.FieldsSeq(want.matches) {
			if !subject.Match(pattern, s) {
				t.Errorf("%s does not match %s", s, pattern)
			}
		}
		for s := range strings.FieldsSeq(want.others) {
			if subject.Match(pattern, s) {
				t.Errorf("%s matches %s", s, pattern)
			}
		}
	}
}
