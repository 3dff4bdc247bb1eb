package broker

import (
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// The server keeps a record of every request of a native client that crosses to another
	// account until it is answered, and of every pull for answerTimeout. It has no limit of
	// its own for them, so they are counted.
	maxOpenRequests = 100_000
	guardInterval   = time.Second
)

// guard disconnects the clients of an account of queues that has too many requests open, and
// keeps them out until the server has forgotten them.
type guard struct {
	auth *authenticator
	done chan struct{}
	work sync.WaitGroup
}

func startGuard(auth *authenticator) *guard {
	g := &guard{auth: auth, done: make(chan struct{})}
	g.work.Go(g.run)
	return g
}

func (g *guard) stop() {
	close(g.done)
	g.work.Wait()
}

func (g *guard) run() {
	t := time.NewTicker(guardInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			g.auth.shed(maxOpenRequests)
		case <-g.done:
			return
		}
	}
}

// shed disconnects the clients of accounts with more open requests than most.
func (a *authenticator) shed(most int) {
	a.mu.Lock()
	clear(a.busy)
	// A request is in the count of the account that answers it.
	if openRequests(a.engine) > most {
		for _, o := range a.online {
			a.busy[o.client.Account] = struct{}{}
		}
	}
	var drop []uint64
	for id, o := range a.online {
		if taps := a.ready[tapAccount(o.client.Account)]; taps != nil && openRequests(taps) > most {
			a.busy[o.client.Account] = struct{}{}
		}
		if _, busy := a.busy[o.client.Account]; busy {
			drop = append(drop, id)
		}
	}
	a.mu.Unlock()
	for _, id := range drop {
		a.disconnect(id)
	}
}

func openRequests(account *server.Account) int { return account.NumPendingAllResponses() }
