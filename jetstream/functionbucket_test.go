package jetstream_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/queuelet/queuelet/jetstream"
)

func openFunctionBucket(t *testing.T, e *jetstream.Embedded, function string, quota int64) *jetstream.FunctionBucket {
	t.Helper()
	b, err := e.FunctionBucket(t.Context(), "000000000000", function, quota)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFunctionBucketKeepsRevisions(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	e, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir, Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	b := openFunctionBucket(t, e, "f", 1<<20)
	if _, _, err := b.Get(ctx, "a.b"); !errors.Is(err, natsjs.ErrKeyNotFound) {
		t.Errorf("a key that is not there: %v", err)
	}
	first, err := b.Create(ctx, "a.b", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Create(ctx, "a.b", nil); !errors.Is(err, natsjs.ErrKeyExists) {
		t.Errorf("made twice: %v", err)
	}
	second, err := b.Update(ctx, "a.b", []byte("two"), first)
	if err != nil || second <= first {
		t.Errorf("revision %d after %d, %v", second, first, err)
	}
	if _, err := b.Update(ctx, "a.b", []byte("three"), first); !errors.Is(err, natsjs.ErrKeyRevisionMismatch) {
		t.Errorf("updated from an old revision: %v", err)
	}
	if err := b.Delete(ctx, "a.b", first); !errors.Is(err, natsjs.ErrKeyRevisionMismatch) {
		t.Errorf("deleted by an old revision: %v", err)
	}
	for _, key := range []string{"a.c", "ab", "z", "gone"} {
		if _, err := b.Put(ctx, key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Delete(ctx, "gone", 0); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	if e, err = jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b = openFunctionBucket(t, e, "f", 1<<20)
	if value, revision, err := b.Get(ctx, "a.b"); string(value) != "two" || revision != second || err != nil {
		t.Errorf("%q, revision %d, %v", value, revision, err)
	}
	for prefix, want := range map[string][]string{"": {"a.b", "a.c", "ab", "z"}, "a": {"a.b", "a.c"}, "none": nil} {
		keys, err := b.Keys(ctx, prefix, 100)
		slices.Sort(keys)
		if d := cmp.Diff(want, keys); d != "" || err != nil {
			t.Errorf("keys below %q: %v %v", prefix, d, err)
		}
	}
	if keys, err := b.Keys(ctx, "", 2); len(keys) != 2 || err != nil {
		t.Errorf("at most two keys: %q %v", keys, err)
	}
	if keys, err := openFunctionBucket(t, e, "g", 1<<20).Keys(ctx, "", 100); keys != nil || err != nil {
		t.Errorf("another function sees %q, %v", keys, err)
	}
}

// TestFunctionBucketHoldsToItsQuota fills a bucket, frees it again, and makes it smaller and larger.
func TestFunctionBucketHoldsToItsQuota(t *testing.T) {
	ctx := t.Context()
	e, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b := openFunctionBucket(t, e, "f", 64<<10)
	value := []byte(strings.Repeat("x", 10<<10))
	fill := func() (fit int, err error) {
		for n := range 100 {
			if _, err := b.Put(ctx, fmt.Sprintf("key.%d", n), value); err != nil {
				return n, err
			}
		}
		return 100, nil
	}
	n, err := fill()
	if n == 0 || n > 6 || err == nil || !strings.Contains(err.Error(), "maximum bytes exceeded") {
		t.Fatalf("%d values fit, then %v", n, err)
	}
	if _, err := b.Put(ctx, "key.0", []byte("small")); err != nil {
		t.Errorf("a value of a full bucket cannot be replaced by a smaller one: %v", err)
	}
	for i := range n {
		if err := b.Delete(ctx, fmt.Sprintf("key.%d", i), 0); err != nil {
			t.Errorf("delete from a full bucket: %v", err)
		}
	}
	if again, _ := fill(); again < n-1 {
		t.Errorf("%d values fit after all were deleted, %d before", again, n)
	}
	b = openFunctionBucket(t, e, "f", 256<<10)
	if more, _ := fill(); more < 20 {
		t.Errorf("%d values fit into a larger bucket", more)
	}
	if _, err := b.Put(ctx, "big", make([]byte, 1<<20+1)); err == nil {
		t.Error("a value beyond the limit was stored")
	}
}
