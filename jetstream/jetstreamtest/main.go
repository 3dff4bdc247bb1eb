package jetstreamtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Main runs the tests of a package whose tests start a store inside testing/synctest. Call it
// from TestMain.
//
// The NATS server starts one process-wide ticker with its first file store. Started inside a
// bubble it would never be durably blocked there, and virtual time would stand still. So a
// throw-away server with a file store is started first, outside every bubble.
func Main(m *testing.M) int {
	stop, err := holdTicker()
	if err != nil {
		fmt.Fprintln(os.Stderr, "jetstreamtest:", err)
		return 1
	}
	defer stop()
	return m.Run()
}

func holdTicker() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "jetstreamtest-")
	if err != nil {
		return nil, err
	}
	srv, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, err
	}
	srv.Start()
	stop = func() {
		srv.Shutdown()
		srv.WaitForShutdown()
		_ = os.RemoveAll(dir)
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		stop()
		return nil, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "held", Subjects: []string{"held"}})
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}
