package plugins

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// The layout of poll_oneoff's subscriptions and events.
//
// Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-subscription-record
const (
	subscriptionSize = 48
	eventSize        = 32
	maxSubscriptions = 4096

	eventClock        = 0
	clockRealtime     = 0
	clockAbsoluteFlag = 1
)

// subscription is one thing a guest waits for.
type subscription []byte

func (s subscription) kind() byte { return s[8] }

// wait is how long until the subscription's event comes.
func (s subscription) wait(i *instance) time.Duration {
	if s.kind() != eventClock {
		return 0
	}
	clock, timeout := binary.LittleEndian.Uint32(s[16:]), binary.LittleEndian.Uint64(s[24:])
	d := time.Duration(min(timeout, math.MaxInt64))
	if binary.LittleEndian.Uint16(s[40:])&clockAbsoluteFlag == 0 {
		return d
	}
	if clock == clockRealtime {
		return max(d-time.Duration(time.Now().UnixNano()), 0)
	}
	return max(d-time.Duration(i.nanotime()), 0)
}

// occur writes the event of the subscription.
func (s subscription) occur(event []byte) {
	clear(event)
	copy(event, s[:8])
	event[10] = s.kind()
	if fd := binary.LittleEndian.Uint32(s[16:]); s.kind() != eventClock && fd > 2 {
		binary.LittleEndian.PutUint16(event[8:], wasiBadf)
	}
}

// pollOneoff waits for the first of some events. Standard input has ended and standard output takes everything, so these
// are always ready; the clock is what guests sleep with.
func pollOneoff(i *instance, mod api.Module, stack []uint64) {
	stack[0] = poll(i, mod.Memory(), stack)
}

func poll(i *instance, memory api.Memory, stack []uint64) uint64 {
	n := uint32(stack[2])
	if n == 0 || n > maxSubscriptions {
		return wasiInval
	}
	asked, ok := memory.Read(uint32(stack[0]), n*subscriptionSize)
	if !ok {
		return wasiFault
	}
	events, ok := memory.Read(uint32(stack[1]), n*eventSize)
	if !ok {
		return wasiFault
	}
	waits := make([]time.Duration, 0, n)
	for s := range slices.Chunk(asked, subscriptionSize) {
		waits = append(waits, subscription(s).wait(i))
	}
	first := slices.Min(waits)
	i.sleep(first)
	occurred := uint32(0)
	for at, wait := range waits {
		if wait <= first {
			subscription(asked[at*subscriptionSize:]).occur(events[occurred*eventSize:][:eventSize])
			occurred++
		}
	}
	if !memory.WriteUint32Le(uint32(stack[3]), occurred) {
		return wasiFault
	}
	return wasiSuccess
}
