package queuelet

import "github.com/queuelet/queuelet/plugins/abi"

// Log writes a line to the function's log. What it prints goes there too, at level info.
func Log(level abi.LogLevel, line string) { hostLog(level, line) }
