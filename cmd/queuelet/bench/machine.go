package bench

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is what a measurement ran on.
type Machine struct {
	Platform   string `json:"platform"`
	Processors int    `json:"processors"`
	Processor  string `json:"processor,omitempty"`
	Kernel     string `json:"kernel,omitempty"`
	FileSystem string `json:"file_system,omitempty"` // of the data
	Go         string `json:"go"`
}

// memoryFileSystem is one on which fsync costs nothing.
const memoryFileSystem = "tmpfs"

func thisMachine(dataDir string) Machine {
	m := Machine{Platform: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(), Go: runtime.Version()}
	m.describe(cmp.Or(dataDir, os.TempDir()))
	return m
}

// String is the machine in one line.
func (m *Machine) String() string {
	parts := []string{fmt.Sprintf("%s, %d processors", m.Platform, m.Processors)}
	for _, part := range []string{m.Processor, m.Kernel, m.FileSystem, m.Go} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
