package natsapi_test

import (
	"context"
	"encoding/base64"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/queuelet/queuelet/host/natsapi"
	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/jetstream"
	"github.com/queuelet/queuelet/jetstream/jetstreamtest"
)

func TestMain(m *testing.M) { os.Exit(jetstreamtest.Main(m)) }

// TestRunInVirtualTime has no socket. A message that arrived before the end is sent.
func TestRunInVirtualTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		service, err := queue.New(t.Context(), store, queue.Options{Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		defer service.Drain()
		nc, err := store.Broker.Connect()
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		var rechecks atomic.Int32
		api, err := natsapi.New(nc, service, store, natsapi.Options{
			Credential: func(id string) (natsapi.Credential, bool) {
				return natsapi.Credential{Secret: "s", Caller: caller(account)}, id == "key"
			},
			Recheck: func() { rechecks.Add(1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- api.Run(ctx) }()
		synctest.Wait()

		key, err := service.CreateQueue(t.Context(), caller(account), queue.CreateQueueInput{
			Name: "orders", Attributes: map[string]string{"DelaySeconds": "900"},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := rechecks.Load(); n != 1 {
			t.Errorf("clients were checked %d times after one change of the queues", n)
		}
		sender := store.Conn()
		for _, id := range []string{"key", "unknown"} {
			subject := "sqs.send." + base64.RawURLEncoding.EncodeToString([]byte(id)) + ".orders"
			if err := sender.Publish(subject, []byte(id)); err != nil {
				t.Fatal(err)
			}
		}
		// The library's other way to flush shares timers with tests in real time.
		flush, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if err := sender.FlushWithContext(flush); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		time.Sleep(15 * time.Minute)
		got, err := service.ReceiveMessage(t.Context(), caller(account), key, &queue.ReceiveMessageInput{
			MaxNumberOfMessages: queue.OptionalInt{Value: 10, Set: true},
		})
		if err != nil || len(got) != 1 || string(got[0].Body) != "key" {
			t.Errorf("received %v, %v, want the message of the known key", got, err)
		}
	})
}

func TestNewRefusesWhatIsMissing(t *testing.T) {
	if _, err := natsapi.New(nil, nil, nil, natsapi.Options{}); err == nil {
		t.Error("New works on nothing")
	}
}
