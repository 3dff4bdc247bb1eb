package plugins_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// resident is the memory of this process, in bytes; 0 where the system does not tell.
func resident(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// mapped are bytes of address space that belong to no file.
type mapped struct {
	code     uint64 // that can be run
	reserved uint64 // for memories of guests that have not grown so far: nobody may touch it
}

// mappings counts them; it finds none where the system does not tell.
func mappings(t *testing.T) (m mapped) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return mapped{}
	}
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var begin, end uint64
		var access string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &begin, &end, &access); err != nil {
			t.Fatal(err)
		}
		switch {
		case len(strings.Fields(line)) > 5: // it is of a file, or has a name
		case strings.Contains(access, "x"):
			m.code += end - begin
		case strings.HasPrefix(access, "---"):
			m.reserved += end - begin
		}
	}
	return m
}
