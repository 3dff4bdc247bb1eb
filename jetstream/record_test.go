package jetstream

import (
	"bytes"
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
