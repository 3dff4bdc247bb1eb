package bench

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// job is what clients repeat: something with up to so many messages. It returns how many
// it was.
type job func(ctx context.Context, c *client, messages int) (int, error)

// stint is a job done over and over by clients that begin at the same time.
type stint struct {
	job   job
	batch int // messages for each job
	// messages and duration say when it is enough, 0 for no limit.
	messages int
	duration time.Duration
	timed    bool // latencies are recorded
}

// done is what a stint came to.
type done struct {
	messages int
	took     time.Duration
}

// run returns when all clients are done, or one has failed.
func (s stint) run(ctx context.Context, clients []*client, progress *atomic.Int64) (done, error) {
	var total, claimed atomic.Int64
	// The connections of clients belong to ctx, so theirs is only looked at.
	group, working := errgroup.WithContext(ctx)
	start := time.Now()
	for _, c := range clients {
		group.Go(func() error {
			began := start
			for working.Err() == nil && (s.duration == 0 || began.Sub(start) < s.duration) {
				n := s.claim(&claimed)
				if n == 0 {
					break
				}
				got, err := s.job(ctx, c, n)
				if err != nil {
					return err
				}
				ended := time.Now()
				if s.timed && got > 0 {
					record(c.latency, ended.Sub(began))
				}
				began = ended
				total.Add(int64(got))
				progress.Add(int64(got))
				if s.messages > 0 {
					claimed.Add(int64(got - n))
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return done{int(total.Load()), time.Since(start)}, err
}

// claim returns how many messages the next job is for, 0 when enough are claimed.
func (s stint) claim(claimed *atomic.Int64) int {
	if s.messages == 0 {
		return s.batch
	}
	before := int(claimed.Add(int64(s.batch))) - s.batch
	n := min(s.batch, s.messages-before)
	if n <= 0 {
		claimed.Add(int64(-s.batch))
		return 0
	}
	claimed.Add(int64(n - s.batch))
	return n
}
