package plugins

import (
	"runtime"
	"time"
)

const (
	yieldEvery = 32                   // calls of yield, each a microsecond or so of computing, between two looks at the clock
	napAfter   = 5 * time.Millisecond // of computing in one batch
	napEvery   = 4 * time.Millisecond
)

// yield is called by a guest that has computed for a microsecond or so. It ends the guest if its time is up, and lets others
// have the processor otherwise.
//
// A guest that computes for long goes to sleep for a moment now and then when all processors are busy with guests: the
// scheduler looks at the network only when a processor has nothing else to do, or every 10 ms.
func (i *instance) yield() {
	if i.watch.fired.Load() {
		panic(errStopped)
	}
	if i.yields++; i.yields%yieldEvery != 0 {
		return
	}
	i.checkTime()
	now := time.Now()
	if now.Sub(i.began) < napAfter || now.Sub(i.napped) < napEvery || len(i.v.host.gate) < runtime.GOMAXPROCS(0) {
		runtime.Gosched()
		return
	}
	i.nap.Reset(time.Microsecond)
	<-i.nap.C
	i.napped = time.Now()
}
