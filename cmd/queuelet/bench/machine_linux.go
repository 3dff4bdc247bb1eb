package bench

import (
	"bytes"
	"os"
	"syscall"
)

// describe fills in what Linux tells.
func (m *Machine) describe(dataDir string) {
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.Processor = processorOf(info)
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = string(bytes.TrimSpace(release))
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dataDir, &fs); err == nil {
		m.FileSystem = fileSystem(int64(fs.Type)) //nolint:unconvert // other architectures have another type
	}
}

func processorOf(info []byte) string {
	for line := range bytes.Lines(info) {
		if name, value, found := bytes.Cut(line, []byte(":")); found && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// fileSystem names the usual file systems by their magic numbers (statfs(2)).
func fileSystem(magic int64) string {
	switch magic {
	case 0xef53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683e:
		return "btrfs"
	case 0x2fc12fc1:
		return "zfs"
	case 0x794c7630:
		return "overlayfs"
	case 0x01021994:
		return memoryFileSystem
	default:
		return ""
	}
}
