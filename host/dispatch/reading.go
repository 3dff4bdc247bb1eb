package dispatch

import "github.com/queuelet/queuelet/plugins/abi"

// reading is what a function's response means. It is read once, by whoever asks first.
type reading struct {
	whole    bool // all is done, whatever the function replies
	ids      []string
	done     bool
	failures []abi.BatchItemFailure
	err      error
}

func (r *reading) read(response []byte) {
	if r.done || r.whole {
		return
	}
	r.done = true
	r.failures, r.err = abi.ParseResponse(response, r.ids)
}

// failed is [Invocation.Failed].
func (r *reading) failed(response []byte) []string {
	r.read(response)
	if r.err != nil {
		return r.ids
	}
	named := make([]string, len(r.failures))
	for n := range r.failures {
		named[n] = r.failures[n].ItemIdentifier
	}
	return named
}
