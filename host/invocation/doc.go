// Package invocation keeps the last invocations of functions with their logs.
//
// They stay in memory, a bounded number of bytes of them, so that one can look at what a function did a moment ago
// without a place to collect logs.
package invocation
