// Package adminapi serves what operators and their tools ask a running process:
// whether it is alive, whether it is ready, and its metrics.
package adminapi
