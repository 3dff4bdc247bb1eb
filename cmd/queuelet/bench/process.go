package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"time"
)

const (
	// startTimeout is how long a server may take until it is ready.
	startTimeout = 60 * time.Second
	// stopTimeout is how long it may take to end.
	stopTimeout = 30 * time.Second
)

// process is a server that was started to be measured.
type process struct {
	id    int
	url   string // where it answers
	stop  func() error
	ended chan struct{}
}

// banner is the line in which a server tells its address.
var banner = regexp.MustCompile(`^  SQS +(http://\S+)$`)

// startProcess runs a command until its server is ready. The process ends with stop, or
// when ctx does.
func startProcess(ctx context.Context, path string, environ []string, arguments ...string) (*process, error) {
	command := exec.CommandContext(ctx, path, arguments...) //nolint:gosec // it is this program itself
	command.Env = environ
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopTimeout
	var log tail
	command.Stderr = &log
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, &Error{CodeServer, fmt.Errorf("start the server: %w", err)}
	}
	if err := command.Start(); err != nil {
		return nil, &Error{CodeServer, fmt.Errorf("start the server: %w", err)}
	}
	p := &process{id: command.Process.Pid, ended: make(chan struct{})}
	found := make(chan string, 1)
	var failure error // read after p.ended is closed
	go func() {
		defer close(p.ended)
		scanAddress(out, found)
		if err := command.Wait(); err != nil && ctx.Err() == nil {
			failure = &Error{CodeServer, fmt.Errorf("the server ended: %w\n%s", err, log.String())}
		}
	}()
	p.stop = func() error {
		if err := command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			_ = command.Process.Kill() // a system without that signal
		}
		late := time.AfterFunc(stopTimeout, func() { _ = command.Process.Kill() })
		defer late.Stop()
		<-p.ended
		return failure
	}
	select {
	case p.url = <-found:
		return p, nil
	case <-p.ended:
		if failure == nil {
			failure = &Error{CodeServer, fmt.Errorf("the server ended before it was ready\n%s", log.String())}
		}
		return nil, failure
	case <-time.After(startTimeout):
		return nil, errors.Join(&Error{CodeServer, fmt.Errorf("the server was not ready within %s\n%s", startTimeout, log.String())}, p.stop())
	}
}

// scanAddress looks for the address in what a server prints, and reads on until the end.
func scanAddress(out io.Reader, found chan<- string) {
	lines := bufio.NewScanner(out)
	for told := false; lines.Scan(); {
		if m := banner.FindSubmatch(lines.Bytes()); m != nil && !told {
			told = true
			found <- string(m[1])
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line too long for the scanner must not stop the server
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}
