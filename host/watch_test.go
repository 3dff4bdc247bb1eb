package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWatch changes files in the ways that editors and compilers do.
func TestWatch(t *testing.T) {
	folder := t.TempDir()
	one, two, late := filepath.Join(folder, "one"), filepath.Join(folder, "two"), filepath.Join(folder, "late")
	put := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(one, "1")
	put(two, "2")
	changes := make(chan []string)
	done := make(chan error, 1)
	go func() {
		done <- Watch(t.Context(), func() []string { return []string{one, two, late} }, 50*time.Millisecond, func(paths []string) { changes <- paths })
	}()
	expect := func(what string, want ...string) {
		t.Helper()
		select {
		case got := <-changes:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", what, diff)
			}
		case err := <-done:
			t.Fatalf("%s: Watch ended: %v", what, err)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: nothing was reported", what)
		}
	}
	// The first event may come before Watch looks, so the file keeps changing until it
	// is reported.
	stop := make(chan struct{})
	go func() {
		for content := "x"; ; content += "x" {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				os.WriteFile(one, []byte(content), 0o600)
			}
		}
	}()
	expect("written in place", one)
	close(stop)
	put(two+".tmp", "replaced")
	if err := os.Rename(two+".tmp", two); err != nil {
		t.Fatal(err)
	}
	for replaced := false; !replaced; {
		select {
		case got := <-changes: // one last change of the first file may come along
			replaced = cmp.Equal(got, []string{two}) || cmp.Equal(got, []string{one, two})
		case <-time.After(10 * time.Second):
			t.Fatal("replaced by rename: nothing was reported")
		}
	}
	put(late, "here")
	expect("made later", late)
	put(filepath.Join(folder, "other"), "not watched")
	put(one, "several")
	put(two, "at once")
	expect("several at once", one, two)
}

func TestWatchFailsOnMissingFolder(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "absent", "file")
	err := Watch(t.Context(), func() []string { return []string{missing} }, time.Millisecond, nil)
	if err == nil {
		t.Error("Watch succeeded")
	}
}
