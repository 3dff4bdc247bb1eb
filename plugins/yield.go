package plugins

import (
	"runtime"
	"time"

	"github.com/queuelet/queuelet/plugins/rewrite"
)

const (
	longestStretch = 250 * time.Microsecond // of computing between two yields, after which they come more often
	leastStride    = 16 << 10               // bytes of code between two yields
	breath         = time.Millisecond       // of computing, after which other goroutines may run
	napAfter       = 2 * time.Millisecond   // of computing, when guests may keep all processors of the scheduler busy
	slice          = 10 * time.Millisecond  // of computing, after which another guest may have the place
)

// yield is called by a guest that has computed for some time: mostly less than 100 us, see rewrite.Stride. It ends the guest if
// its time is up, and lets others have the processor otherwise: goroutines of the process soon, guests that wait for a place
// after a while.
func (i *instance) yield() {
	i.checkTime()
	now := time.Now()
	i.keepPace(now)
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
		i.yielded = time.Now()
		return
	}
	if g.wanted() {
		i.park()
		i.unpark()
	}
	i.goOn()
}

// keepPace sees to it that the guest yields again soon. How much code that is depends on what the code does: where every load
// misses the caches, it takes a hundred times longer.
func (i *instance) keepPace(now time.Time) {
	took := now.Sub(i.yielded)
	i.yielded = now
	switch {
	case took > longestStretch:
		i.stride = max(int(float64(i.stride)*float64(longestStretch)/float64(took)), leastStride)
	case i.stride == rewrite.Stride:
		return
	default:
		i.stride = min(2*i.stride, rewrite.Stride)
	}
	if i.count != nil {
		i.count.Set(uint64(i.stride))
	}
}
