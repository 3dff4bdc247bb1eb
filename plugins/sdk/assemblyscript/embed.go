// Package assemblyscript holds the SDK for functions in AssemblyScript.
package assemblyscript

import "embed"

// Files are what a project needs of it: an npm package.
//
//go:embed package.json assembly
var Files embed.FS
