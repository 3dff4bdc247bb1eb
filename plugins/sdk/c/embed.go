// Package c holds the SDK for functions in C.
package c

import "embed"

// Files are what a project needs of it.
//
//go:embed queuelet.h
var Files embed.FS
