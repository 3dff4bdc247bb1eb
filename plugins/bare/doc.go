// Package bare calls a module by wazero alone, which is what the runtime of functions is measured against.
//
// There is no pool, no limit, no deadline and no way to stop the guest: it gets the same event again and again on one
// goroutine, as wazero compiles it, and its replies are thrown away. Nothing else is left out: the host functions cross the
// border and copy as those of package plugins do.
package bare
