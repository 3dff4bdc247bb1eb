package abi_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/queuelet/queuelet/plugins/abi"
)

func TestSplitFrame(t *testing.T) {
	for _, test := range []struct {
		name, frame  string
		header, body string
		wrong        bool
	}{
		{name: "nothing"},
		{name: "no header", frame: "\x00\x00\x00\x00", body: ""},
		{name: "body alone", frame: "\x00\x00\x00\x00body", body: "body"},
		{name: "header alone", frame: "\x02\x00\x00\x00{}", header: "{}"},
		{name: "both", frame: "\x02\x00\x00\x00{}body", header: "{}", body: "body"},
		{name: "short of a length", frame: "\x02\x00\x00", wrong: true},
		{name: "one byte past the end", frame: "\x03\x00\x00\x00{}", wrong: true},
		{name: "big-endian", frame: "\x00\x00\x00\x02{}", wrong: true},
		{name: "2^31-1", frame: "\xff\xff\xff\x7f{}", wrong: true},
		{name: "2^32-1", frame: "\xff\xff\xff\xff{}", wrong: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			header, body, err := abi.SplitFrame([]byte(test.frame))
			if test.wrong != errors.Is(err, abi.Invalid) || string(header) != test.header || string(body) != test.body {
				t.Errorf("header %q, body %q, error %v", header, body, err)
			}
		})
	}
}

// TestSplitFrameGuardsTheBody appends to the header, which must not reach into the body.
func TestSplitFrameGuardsTheBody(t *testing.T) {
	header, body, err := abi.SplitFrame(abi.AppendFrame(nil, []byte("{}"), []byte("body")))
	if _ = append(header, 'x'); err != nil || string(body) != "body" {
		t.Errorf("body %q, error %v", body, err)
	}
}

func FuzzSplitFrame(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00{}body"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		header, body, err := abi.SplitFrame(frame)
		if err != nil || len(frame) == 0 {
			return
		}
		if len(header) > math.MaxInt32 || !bytes.Equal(abi.AppendFrame(nil, header, body), frame) {
			t.Errorf("%q is split into %q and %q", frame, header, body)
		}
	})
}
