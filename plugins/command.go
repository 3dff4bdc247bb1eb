package plugins

import (
	"fmt"
	"io"

	"github.com/queuelet/queuelet/plugins/abi"
)

// command is a program for WASI preview 1 that knows nothing of queuelet: it reads the event from standard input, writes
// the response to standard output and its log to standard error. An exit code other than 0 fails the batch. A program
// runs once, so each invocation gets a new instance.
type command struct{}

func (command) run(i *instance) error {
	main := i.mod.ExportedFunction(abi.ExportStart)
	if !i.announce(nil) {
		return nil
	}
	b := i.pause()
	if b == nil {
		return nil
	}
	i.phase(b.ctx, b.Deadline, b)
	if err := i.call(main); err != nil && !isExit(err, 0) {
		return err
	}
	i.finish(i.pipes.verdict(i.v.config.Name, b))
	i.pause()
	return nil
}

// next is not for commands.
func (command) next(*instance) int32 { return int32(abi.Invalid) }

// pipes are standard input and output of a command.
type pipes struct {
	i    *instance
	read int  // bytes of the event
	end  bool // of the event was seen
	out  []byte
}

// Read gives the guest the event. There is none before the invocation begins.
func (p *pipes) Read(to []byte) (int, error) {
	p.i.checkTime()
	if p.i.batch == nil {
		return 0, io.EOF
	}
	n, size := p.i.batch.readEventAt(to, p.read)
	p.read += n
	if p.end = p.read >= size; p.end && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write keeps the response, and no more than shows that it is too big.
func (p *pipes) Write(b []byte) (int, error) {
	p.i.checkTime()
	p.out = append(p.out, b[:min(len(b), abi.MaxResponse+1-len(p.out))]...)
	return len(b), nil
}

// verdict is what came of a batch whose command has ended well.
func (p *pipes) verdict(function string, b *batch) error {
	switch {
	case !p.end:
		// A program that was never meant to consume a queue would otherwise have all messages deleted.
		return &ContractError{
			Function: function, Problem: fmt.Sprintf("the command ended after reading %d bytes of the event", p.read),
		}
	case b.reply(p.out) != abi.OK:
		return tooBigResponse(function)
	default:
		return nil
	}
}
