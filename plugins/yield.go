package plugins

import (
	"runtime"
	"time"
)

const (
	breath   = time.Millisecond      // of computing, after which other goroutines may run
	napAfter = 2 * time.Millisecond  // of computing, when guests may keep all processors of the scheduler busy
	slice    = 10 * time.Millisecond // of computing, after which another guest may have the place
)

// yield is called by a guest that has computed for some microseconds, or a millisecond at worst. It ends the guest if its time is up, and lets others
// have the processor otherwise: goroutines of the process soon, guests that wait for a place after a while.
func (i *instance) yield() {
	i.checkTime()
	now := time.Now()
	g, computed := i.v.host.gate, now.Sub(i.placed)
	switch {
	case computed < breath || now.Sub(i.breathed) < breath:
		return
	case computed >= napAfter && g.size() >= runtime.GOMAXPROCS(0):
		// The scheduler looks at the network only when a processor has nothing to do.
		i.nap.Reset(time.Microsecond)
		<-i.nap.C
	case computed < slice || !g.wanted():
		i.breathed = now
		runtime.Gosched()
		return
	}
	if g.wanted() {
		i.park()
		i.unpark()
	}
	i.placed = time.Now()
}
