package plugins

import (
	"runtime"
	"time"
)

const (
	yieldEvery = 32                    // calls of yield, each a microsecond or so of computing, between two looks at the clock
	slice      = 10 * time.Millisecond // of computing, after which another guest may have the place
	napAfter   = 2 * time.Millisecond  // of computing, when guests may keep all processors of the scheduler busy
)

// yield is called by a guest that has computed for a microsecond or so. It ends the guest if its time is up, and lets others
// have the processor otherwise: goroutines of the process at once, guests that wait for a place after a while.
func (i *instance) yield() {
	if i.watch.fired.Load() {
		panic(errStopped)
	}
	if i.yields++; i.yields%yieldEvery != 0 {
		return
	}
	i.checkTime()
	g, computed := i.v.host.gate, time.Since(i.placed)
	if g.size() >= runtime.GOMAXPROCS(0) && computed > napAfter {
		// The scheduler looks at the network only when a processor has nothing to do.
		i.nap.Reset(time.Microsecond)
		<-i.nap.C
	} else if computed < slice {
		runtime.Gosched()
		return
	}
	if g.wanted() {
		i.park()
		i.unpark()
	}
	i.placed = time.Now()
}
