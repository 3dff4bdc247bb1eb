// Package rust holds the SDK for functions in Rust.
package rust

import "embed"

// Files are what a project needs of it: a crate.
//
//go:embed Cargo.toml src
var Files embed.FS
