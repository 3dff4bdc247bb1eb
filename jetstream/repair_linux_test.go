package jetstream_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

// limitedProcess is set in the environment of a process whose files are limited.
const limitedProcess = "QUEUELET_TEST_LIMITED_FILES"

// limitFiles makes writes beyond a size fail, as a full disk does.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(unix.SIGXFSZ)
	set := func(limit unix.Rlimit) {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	set(unix.Rlimit{Cur: size, Max: before.Max})
	lift = func() { set(before) }
	t.Cleanup(lift)
	return lift
}

// A write that fails makes JetStream give the stream up. The store opens it again when the
// disk can be written to, and nothing that was acknowledged is lost.
func TestADiskThatWasFullIsWrittenToAgain(t *testing.T) {
	// The limit is one of a process, and this one writes other files as well.
	if os.Getenv(limitedProcess) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=5m")
		cmd.Env = append(os.Environ(), limitedProcess+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	s, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir, Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	def, err := s.CreateQueue(t.Context(), queue.Definition{
		Key: queue.Key{Account: jetstreamtest.Account, Name: "orders"}, Attributes: queue.Attributes{Retention: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, uncertain := 0, 0
	send := func() error {
		e := jetstreamtest.Entry("order")
		e.Body = make([]byte, 10<<10)
		_, err := s.Send(t.Context(), def, []queue.Entry{e})
		if err == nil {
			acknowledged++
		} else {
			uncertain++
		}
		return err
	}
	receive := func(ctx context.Context) error {
		got, err := s.Receive(ctx, def, queue.ReceiveRequest{Max: 1, Visibility: time.Hour})
		if err == nil && len(got) == 1 {
			var errs []error
			errs, err = s.Delete(ctx, def, []queue.Handle{got[0].Handle})
			err = errors.Join(append(errs, err)...)
			acknowledged--
		}
		return err
	}
	full := limitFiles(t, 300<<10)
	for err = nil; err == nil; {
		err = send()
	}
	if !refused(err) {
		t.Fatalf("after %d messages: %v", acknowledged, err)
	}
	waits, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := receive(waits); !refused(err) && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("receive on a full disk:", err)
	}
	full()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if err = errors.Join(send(), receive(t.Context())); err == nil {
			break
		}
		if !refused(err) || time.Now().After(deadline) {
			t.Fatal("after the disk had room again:", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	counts, err := s.Counts(t.Context(), def)
	if err != nil {
		t.Fatal(err)
	}
	// What was refused may have been stored after all.
	if got := counts.Visible + counts.InFlight; got < acknowledged || got > acknowledged+uncertain {
		t.Errorf("%d messages are left of %d that were acknowledged", got, acknowledged)
	}
}

func refused(err error) bool {
	return errors.Is(err, queue.ErrStorageFull) || errors.Is(err, queue.ErrUnavailable)
}
