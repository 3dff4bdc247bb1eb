package bench

import "time"

// The backlogs that Suite compares.
const (
	smallBacklog = 1_000
	largeBacklog = 100_000
)

// Suite is the list of scenarios that says how fast a server is. Each is measured for
// the duration; functions name those that are measured as well.
func Suite(duration time.Duration, functions ...string) []Scenario {
	s := Scenario{Size: defaultSize, Duration: duration}
	var all []Scenario
	add := func(kind Kind, batch, backlog int, clients ...int) {
		s.Kind, s.Batch, s.Backlog = kind, batch, backlog
		for _, s.Clients = range clients {
			all = append(all, s)
		}
	}
	add(Send, 1, 0, 1, 16, 64)
	add(Send, maxBatch, 0, 1, 16, 64)
	add(Receive, maxBatch, 0, 1, 16, 64)
	for _, backlog := range []int{smallBacklog, largeBacklog} {
		add(Send, 1, backlog, 16)
		add(Send, maxBatch, backlog, 16)
		add(Receive, maxBatch, backlog, 16)
	}
	s.Unique = true
	add(Send, 1, 0, 64)
	s.Unique = false
	for _, s.Groups = range []int{1, 100, 10_000} {
		add(Send, 1, 0, 64)
		add(Receive, maxBatch, 0, 1, 16) // one group is in the hands of one consumer at a time
	}
	s.Groups = 0
	all = append(all, Fairness(duration)...)
	add(Wakeup, 1, 0, 1)
	for _, s.Function = range functions {
		s.Messages, s.Duration = dispatchMessages, 0
		add(Dispatch, maxBatch, 0, 1)
		all = append(all, Invocation(s.Function))
	}
	s.Function = ""
	s.Messages, s.Duration = largeBacklog, 0
	add(Memory, 1, 0, 1)
	return all
}

// Fairness is what shows the effect of fair queues: quiet tenants beside a noisy one,
// without message groups and with them, for the duration.
func Fairness(duration time.Duration) []Scenario {
	s := Scenario{Kind: Fair, Clients: fairConsumers, Batch: 1, Size: defaultSize, Backlog: fairNoise, Duration: duration}
	with := s
	with.Groups = quietTenants + 1
	return []Scenario{s, with}
}

// Invocation is what shows the cost of invoking a function, see Invoke.
func Invocation(function string) Scenario {
	const duration = 2 * time.Second
	return Scenario{Kind: Invoke, Clients: 1, Batch: maxBatch, Size: 1024, Function: function, Duration: duration}
}

// dispatchMessages is how many messages a function works off in Suite.
const dispatchMessages = 50_000
