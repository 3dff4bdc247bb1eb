package function_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/jetstream"
)

const (
	region  = "us-east-1"
	account = "111122223333"
)

// archive packs files.
func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// module is a package with a module of that content.
func module(t testing.TB, content string) []byte {
	t.Helper()
	return archive(t, map[string]string{"bootstrap.wasm": content})
}

// runtime notes what it is told to run. Code that says "bad" does not start.
type runtime struct {
	mu      sync.Mutex
	serving map[string]string // source by id
}

func (r *runtime) Deploy(_ context.Context, d function.Deployment) error {
	if string(d.Module.Source) == "bad" {
		return errors.New("it does not compile")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serving[d.ID] = fmt.Sprintf("%s %d MiB ×%d", d.Module.Source, d.Version.Config.MemoryMiB, d.Concurrency)
	return nil
}

func (r *runtime) Remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.serving, id)
}

func (r *runtime) now() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.serving)
}

// node is a process with functions.
type node struct {
	*function.Service

	runtime *runtime
}

// store is an embedded server whose data outlive it.
func store(t *testing.T, dir string) *jetstream.Embedded {
	t.Helper()
	e, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir, Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// open opens the functions of a server as one of its nodes and puts them into service.
func open(t *testing.T, e *jetstream.Embedded) *node {
	t.Helper()
	n := &node{runtime: &runtime{serving: map[string]string{}}}
	var err error
	n.Service, err = function.Open(t.Context(), e.Conn(), function.Options{
		Region: region, Runtime: n.runtime, Durable: e.Durable, MaxAccountCode: 1 << 20, MaxVersions: 5,
		CheckMapping: func(_ context.Context, m *function.Mapping) error {
			if m.Queue == "none" {
				return &function.Error{Code: function.CodeInvalid, Message: "no such queue"}
			}
			return nil
		},
		CheckDestination: func(_ context.Context, _ function.Reference, destination string) error {
			if destination == "none" {
				return &function.Error{Code: function.CodeInvalid, Message: "no such queue"}
			}
			return nil
		},
		Pause: func(*function.Mapping, bool) error { return nil }, Changed: func() {}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	n.Restore(t.Context())
	return n
}

// single opens the functions of a new server.
func single(t *testing.T) *node {
	t.Helper()
	e := store(t, t.TempDir())
	t.Cleanup(func() { e.Close() })
	return open(t, e)
}

func key(name string) function.Key { return function.Key{Account: account, Name: name} }

func create(t *testing.T, n *node, name, content string) *function.Function {
	t.Helper()
	f, err := n.Create(t.Context(), function.NewFunction{
		Key: key(name), Config: function.Config{Runtime: "provided.wasm"}, Zip: module(t, content),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func update(t *testing.T, n *node, name, content string, publish bool) *function.Function {
	t.Helper()
	f, err := n.UpdateCode(t.Context(), key(name), function.CodeUpdate{Zip: module(t, content), Publish: publish})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// expect fails unless an error has a code.
func expect(t *testing.T, what string, err error, code function.Code) {
	t.Helper()
	if !errors.Is(err, &function.Error{Code: code}) {
		t.Errorf("%s: %v, want the code %s", what, err, code)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
