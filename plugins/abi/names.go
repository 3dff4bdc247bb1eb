package abi

// Module is the name of the import module, and the version of the contract: a later version gets a name of its own and is
// served next to it.
const Module = "queuelet_v1"

// Names of the functions a guest exports.
const (
	ExportStart      = "_start"          // loop style
	ExportInitialize = "_initialize"     // reactor style, optional
	ExportHandle     = "queuelet_handle" // reactor style
)

// Names of the functions a guest may import from Module.
const (
	ImportEventNext    = "event_next"
	ImportEventRead    = "event_read"
	ImportEventReply   = "event_reply"
	ImportEventFail    = "event_fail"
	ImportEventContext = "event_context"
	ImportDeadlineMs   = "deadline_ms"
	ImportLog          = "log"
	ImportCall         = "call"
	ImportCallStart    = "call_start"
	ImportCallWait     = "call_wait"
	ImportCallResult   = "call_result"
)

// Limits of one invocation.
const (
	MaxEvent    = 6 << 20 // bytes of an event; Lambda's payload limit
	MaxResponse = 1 << 20 // bytes of a response
)

// LogLevel is how serious a line is that a guest gives to the log import.
type LogLevel int32

// Levels of the log import. A level outside of these counts as LogInfo.
const (
	LogTrace LogLevel = iota
	LogDebug
	LogInfo
	LogWarn
	LogError
)

// Errno is what an import answers when it cannot do what it was asked.
type Errno int32

// Values of Errno.
const (
	OK       Errno = 0
	End      Errno = -1  // no more events: return from main
	Invalid  Errno = -2  // malformed arguments, or not at this time
	Denied   Errno = -3  // the function was not granted this
	NotFound Errno = -4  //
	TooBig   Errno = -5  // over a size limit
	TimedOut Errno = -6  // the deadline or the given time passed
	Failed   Errno = -7  // failed, and may be retried
	Conflict Errno = -8  // somebody else changed it first
	Limit    Errno = -9  // over a limit of count or rate
	Unknown  Errno = -10 // no such operation
)

// Error makes an Errno usable as the error of a guest's call.
func (e Errno) Error() string {
	switch e {
	case OK:
		return "ok"
	case End:
		return "no more events"
	case Invalid:
		return "invalid argument"
	case Denied:
		return "not granted to this function"
	case NotFound:
		return "not found"
	case TooBig:
		return "too big"
	case TimedOut:
		return "timed out"
	case Failed:
		return "failed, try again"
	case Conflict:
		return "changed by somebody else"
	case Limit:
		return "over a limit"
	case Unknown:
		return "unknown operation"
	default:
		return "unknown error"
	}
}
