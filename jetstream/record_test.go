package jetstream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/queuelet/queuelet/host/queue"
)

func makeBlock(next uint64, records ...record) []byte {
	b := beginBlock(nil)
	for i := range records {
		b = appendRecord(b, &records[i])
	}
	sealBlock(b, next)
	return b
}

func drawRecord(t *rapid.T) record {
	text := rapid.StringN(0, 20, 60)
	r := record{
		Seq: rapid.Uint64Min(1).Draw(t, "seq"),
		Message: queue.Message{
			ID:          queue.MessageID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
			Body:        rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
			SenderID:    text.Draw(t, "sender"),
			TraceHeader: text.Draw(t, "trace"),
			Group:       text.Draw(t, "group"),
			DedupID:     text.Draw(t, "dedup"),
			Sent:        time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, "sent")),
			Depth:       rapid.Uint32().Draw(t, "depth"),
		},
		NotBefore: rapid.Int64Range(0, 1<<45).Draw(t, "not before"),
		DedupKey:  text.Draw(t, "key"),
	}
	copy(r.BodyMD5[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "md5"))
	if r.DedupKey == "" {
		r.DedupKey = r.DedupID // the id is its own key
	}
	if rapid.Bool().Draw(t, "moved") {
		r.DeadLetterSource = text.Draw(t, "source")
		r.Moved = &moved{
			Queue: rapid.Uint64().Draw(t, "queue"), Seq: rapid.Uint64().Draw(t, "from"), Count: rapid.Uint32().Draw(t, "count"),
			First: rapid.Int64Min(0).Draw(t, "first"), Enqueued: rapid.Int64Min(0).Draw(t, "enqueued"),
		}
	}
	for range rapid.IntRange(0, 10).Draw(t, "attributes") {
		r.Attributes = append(r.Attributes, queue.MessageAttribute{
			Name: text.Draw(t, "name"), DataType: text.Draw(t, "type"), Value: rapid.SliceOf(rapid.Byte()).Draw(t, "value"),
		})
	}
	return r
}

func TestRecordsComeBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := []record{drawRecord(t), drawRecord(t), drawRecord(t)}
		b := makeBlock(77, want...)
		next, err := openBlock(b)
		if err != nil || next != 77 {
			t.Fatal(next, err)
		}
		d := decoder{b: b[blockHeaderSize:]}
		for i := range want {
			var got record
			if err := d.next(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[i], got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Fatalf("(-written +read):\n%s", diff)
			}
		}
		if len(d.b) != 0 {
			t.Fatalf("%d bytes are left", len(d.b))
		}
	})
}

// TestOldRecordsAreReadAndWritten holds the format of records to a block that was written before
// there was a second byte of flags.
func TestOldRecordsAreReadAndWritten(t *testing.T) {
	const block = "01aac7cf6103000000000000003200000000010102030000000000000000000000000080d095ffbc3104414944410405060000000000000000" +
		"000000000004626f6479970000007f020700000000000000000000000000000081d095ffbc310441494441a0c7ccffbc310567726f7570026964036b6579" +
		"06526f6f743d3109000000000000000803f4d395ffbc3184d795ffbc312961726e3a6177733a7371733a75732d656173742d313a30303030303030303030" +
		"30303a6f726465727301016e06537472696e6701760000000000000000000000000000000003616c6c"
	want := []record{
		{Seq: 1, Message: queue.Message{
			ID: queue.MessageID{1, 2, 3}, Body: []byte("body"), BodyMD5: [16]byte{4, 5, 6}, SenderID: "AIDA", Sent: time.UnixMilli(1_700_000_000_000),
		}},
		{
			Seq: 2, NotBefore: 1_700_000_900_000, DedupKey: "key",
			Message: queue.Message{
				ID: queue.MessageID{7}, Body: []byte("all"), SenderID: "AIDA", TraceHeader: "Root=1", Group: "group", DedupID: "id",
				DeadLetterSource: "arn:aws:sqs:us-east-1:000000000000:orders", Sent: time.UnixMilli(1_700_000_000_001),
				Attributes: []queue.MessageAttribute{{Name: "n", DataType: "String", Value: []byte("v")}},
			},
			Moved: &moved{Queue: 9, Seq: 8, Count: 3, First: 1_700_000_000_500, Enqueued: 1_700_000_000_900},
		},
	}
	stored, err := hex.DecodeString(block)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openBlock(stored); err != nil {
		t.Fatal(err)
	}
	d := decoder{b: stored[blockHeaderSize:]}
	for i := range want {
		var got record
		if err := d.next(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("(-written +read):\n%s", diff)
		}
	}
	if written := makeBlock(3, want...); !bytes.Equal(written, stored) {
		t.Errorf("records without a depth are written as\n%x", written)
	}
}

// TestUnknownFieldsAreNotPassedOver refuses a record with flags of a later format.
func TestUnknownFieldsAreNotPassedOver(t *testing.T) {
	b := makeBlock(2, record{Seq: 1, Message: queue.Message{Body: []byte("body"), Depth: 1}})[blockHeaderSize:]
	b[5] |= 2
	var r record
	if err := (&decoder{b: b}).next(&r); !errors.Is(err, errCorrupt) {
		t.Errorf("error %v", err)
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	good := makeBlock(2, record{Seq: 1, Message: queue.Message{Body: []byte("body"), SenderID: "AIDA", Sent: time.UnixMilli(1)}})
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, err := openBlock(bad); !errors.Is(err, errCorrupt) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for n := range good {
		if _, err := openBlock(good[:n]); !errors.Is(err, errCorrupt) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// FuzzRecord reads arbitrary bytes as the records of a block whose checksum is right.
func FuzzRecord(f *testing.F) {
	f.Add(makeBlock(3,
		record{Seq: 1, Message: queue.Message{Body: []byte("body"), SenderID: "AIDA", Group: "g", DedupID: "d", TraceHeader: "t", Sent: time.UnixMilli(1)}, DedupKey: "k", NotBefore: 5},
		record{Seq: 2, Message: queue.Message{Attributes: []queue.MessageAttribute{{Name: "n", DataType: "String", Value: []byte("v")}}}, Moved: &moved{Queue: 1, Seq: 2, Count: 3}},
		record{Seq: 3, Message: queue.Message{Body: []byte("deep"), Depth: 300}},
	)[blockHeaderSize:])
	f.Fuzz(func(t *testing.T, b []byte) {
		d := decoder{b: b}
		for len(d.b) > 0 {
			before := len(d.b)
			var r record
			if err := d.next(&r); err != nil {
				if !errors.Is(err, errCorrupt) {
					t.Errorf("error is not errCorrupt: %v", err)
				}
				return
			}
			if len(d.b) >= before {
				t.Fatal("no progress")
			}
		}
	})
}
