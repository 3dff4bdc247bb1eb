package operation

import (
	"fmt"
	"path"
	"slices"
	"sync/atomic"
)

// Grants are what a function may ask for. The zero value is nothing.
type Grants struct {
	// Queues of the function's account to which it may send; * and ? are wildcards.
	Queues []string
	// Extend lets it change the visibility timeout of records of its own events.
	Extend bool
	// Publish and Request are NATS subjects on which it may publish and make requests; * and > are wildcards.
	Publish, Request []string
	// KeyValue is how many bytes its bucket of keys and values may hold; 0 for no bucket.
	KeyValue int64
	// HTTP are the host:port to which it may make requests. The host may be *.example.com for everything below
	// example.com, or * for every host with a public address; the port may be *. Addresses that are not public, such as
	// 10.0.0.7:8080, have to be named themselves; localhost names the loopback addresses.
	HTTP []string
	// Config and Secrets are values that it may read.
	Config, Secrets map[string]string
	// Metrics lets it count in counters of its own.
	Metrics bool
}

// grants are those of one function, ready to be looked at.
type grants struct {
	function string
	account  string

	queues           []string
	extend           bool
	publish, request subjects
	bucket           *bucket    // nil without a grant
	web              *webAccess // nil without a grant
	config, secrets  map[string]string
	counters         *counters // nil without a grant

	// next are the grants that have replaced these; nil while none have.
	next atomic.Pointer[grants]
}

// last are the grants that replaced these in the end, or these.
func (g *grants) last() *grants {
	for next := g.next.Load(); next != nil; next = g.next.Load() {
		g = next
	}
	return g
}

// compile checks grants.
func (s *Service) compile(function, account string, g Grants) (*grants, error) {
	compiled := &grants{
		function: function, account: account, queues: slices.Clone(g.Queues), extend: g.Extend,
		config: g.Config, secrets: g.Secrets,
	}
	for _, pattern := range g.Queues {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return nil, fmt.Errorf("grants.queues: %q is no pattern for queue names", pattern)
		}
	}
	var err error
	if compiled.publish, err = parseSubjects(g.Publish); err != nil {
		return nil, fmt.Errorf("grants.nats.publish: %w", err)
	}
	if compiled.request, err = parseSubjects(g.Request); err != nil {
		return nil, fmt.Errorf("grants.nats.request: %w", err)
	}
	if len(g.HTTP) > 0 {
		if compiled.web, err = newWebAccess(g.HTTP, s.options.Resolver); err != nil {
			return nil, fmt.Errorf("grants.http: %w", err)
		}
	}
	if g.KeyValue > 0 {
		compiled.bucket = &bucket{open: s.options.Bucket, account: account, function: function, quota: g.KeyValue}
	}
	return compiled, nil
}

// close lets go of what is kept open. Calls under way go on.
func (g *grants) close() {
	if g.web != nil {
		g.web.close()
	}
}

// mayUseQueue says whether there is a grant for the queue of that name.
func (g *grants) mayUseQueue(name string) bool {
	return slices.ContainsFunc(g.queues, func(pattern string) bool {
		matched, err := path.Match(pattern, name)
		return err == nil && matched
	})
}
