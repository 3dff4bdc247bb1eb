package plugins

import "time"

// Timeout returns how long an invocation of a function may take, and whether there is such a function.
func (r *Runtime) Timeout(name string) (timeout time.Duration, deployed bool) {
	r.mu.Lock()
	f := r.functions[name]
	r.mu.Unlock()
	if f == nil {
		return 0, false
	}
	v := f.current.Load()
	if v == nil {
		return 0, false
	}
	return v.config.Timeout, true
}
