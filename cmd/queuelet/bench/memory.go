package bench

import (
	"context"
	"errors"
	"time"
)

// quiet is how long a server is left alone before its memory is looked at.
const quiet = 2 * time.Second

// holdInMemory measures what messages in a queue take, against the server without any.
func (m *measurement) holdInMemory(ctx context.Context) error {
	if m.target.process.memory() == 0 {
		return &Error{CodeUsage, errors.New("memory is measured of servers that are started for it, on Linux")}
	}
	if err := pause(ctx, quiet); err != nil {
		return err
	}
	m.sample.idle = m.target.process.memory()
	begin := time.Now()
	if err := m.fill(ctx, m.Messages); err != nil {
		return err
	}
	m.sample.messages, m.sample.took = m.Messages, time.Since(begin)
	if err := pause(ctx, quiet); err != nil {
		return err
	}
	m.sample.memory = m.target.process.memory()
	return m.account(ctx, m.Messages)
}
