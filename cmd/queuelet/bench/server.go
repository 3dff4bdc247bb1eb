package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Server says how servers are started.
type Server struct {
	// Executable is this program, which serves with the arguments "serve" and, as the
	// ceiling, with CeilingArguments.
	Executable       string
	CeilingArguments []string
	// Environ is the environment. Its variables of the configuration are left out.
	Environ []string
	// Dir is where the folder with the data is made, "" for the system's folder for
	// temporary files. What fsync costs there counts.
	Dir string
	// Durability is storage.durability of the configuration: fsync or os.
	Durability string
	// Functions are deployed and fed from a queue each, for Dispatch scenarios.
	Functions []Function
}

// Function is a module with a queue of its own.
type Function struct {
	Name string
	Path string // of the WebAssembly module
}

// module is the path of a function's module.
func (s Server) module(function string) string {
	for _, f := range s.Functions {
		if f.Name == function {
			return f.Path
		}
	}
	return ""
}

// queueOf is the name of the queue that feeds a function.
func queueOf(function string) string { return "queuelet-bench-" + function }

const (
	benchRegion  = "us-east-1"
	benchAccount = "000000000000"
)

// The variables by which a ceiling is told the key that it shall accept.
const (
	KeyVariable    = "AWS_ACCESS_KEY_ID"
	SecretVariable = "AWS_SECRET_ACCESS_KEY" //nolint:gosec // the name, not the secret
)

// start starts a server on a new folder.
func (s Server) start(ctx context.Context) (_ target, stop func() error, err error) {
	folder, err := os.MkdirTemp(s.Dir, "queuelet-bench-")
	if err != nil {
		return target{}, nil, &Error{CodeServer, fmt.Errorf("make a folder for the data: %w", err)}
	}
	remove := func() error {
		if err := os.RemoveAll(folder); err != nil {
			return &Error{CodeServer, fmt.Errorf("remove the data: %w", err)}
		}
		return nil
	}
	key := newKey()
	file := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(file, []byte(s.config(folder, key)), 0o600); err != nil {
		return target{}, nil, errors.Join(&Error{CodeServer, fmt.Errorf("write the configuration: %w", err)}, remove())
	}
	t, end, err := s.launch(ctx, key, s.environ(), "serve", "--config", file)
	if err != nil {
		return target{}, nil, errors.Join(err, remove())
	}
	t.keeps = true
	return t, func() error { return errors.Join(end(), remove()) }, nil
}

// startCeiling starts a server that keeps nothing.
func (s Server) startCeiling(ctx context.Context) (_ target, stop func() error, err error) {
	key := newKey()
	environ := append(s.environ(), KeyVariable+"="+key.AccessKeyID, SecretVariable+"="+key.SecretAccessKey)
	return s.launch(ctx, key, environ, s.CeilingArguments...)
}

func (s Server) launch(
	ctx context.Context, key Endpoint, environ []string, arguments ...string,
) (_ target, stop func() error, err error) {
	p, err := startProcess(ctx, s.Executable, environ, arguments...)
	if err != nil {
		return target{}, nil, err
	}
	key.URL = p.url
	route, err := key.route()
	if err != nil {
		return target{}, nil, errors.Join(err, p.stop())
	}
	return target{route: route, process: p}, p.stop, nil
}

func newKey() Endpoint {
	return Endpoint{Region: benchRegion, AccessKeyID: "BENCH" + rand.Text()[:15], SecretAccessKey: rand.Text()}
}

func (s Server) environ() []string {
	return slices.DeleteFunc(slices.Clone(s.Environ), func(variable string) bool {
		return strings.HasPrefix(variable, "QUEUELET_") ||
			strings.HasPrefix(variable, KeyVariable+"=") || strings.HasPrefix(variable, SecretVariable+"=")
	})
}

func (s Server) config(folder string, key Endpoint) string {
	var b strings.Builder
	fmt.Fprintf(&b, `sqs:
  listen: 127.0.0.1:0
  region: %s
  auth:
    credentials:
      - {access_key_id: %s, secret_access_key: %s, account_id: %q}
console: {listen: ""}
storage: {dir: %q, durability: %s}
`, benchRegion, key.AccessKeyID, key.SecretAccessKey, benchAccount, filepath.Join(folder, "data"), s.Durability)
	if len(s.Functions) == 0 {
		return b.String()
	}
	b.WriteString("queues:\n")
	for _, f := range s.Functions {
		fmt.Fprintf(&b, "  - {name: %q}\n", queueOf(f.Name))
	}
	b.WriteString("functions:\n")
	for _, f := range s.Functions {
		fmt.Fprintf(&b, "  - {name: %q, path: %q}\n", f.Name, f.Path)
	}
	b.WriteString("mappings:\n")
	for _, f := range s.Functions {
		fmt.Fprintf(&b, "  - {queue: %q, function: %q, batch_size: 10, maximum_concurrency: 16}\n", queueOf(f.Name), f.Name)
	}
	return b.String()
}
