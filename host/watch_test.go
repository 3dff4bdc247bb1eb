package host

import (
	"os"
	"path/filepath"
	"sync"
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
	replace := func(path, content string) {
		t.Helper()
		put(path+".tmp", content)
		if err := os.Rename(path+".tmp", path); err != nil {
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
	next := func(what string) []string {
		t.Helper()
		select {
		case got := <-changes:
			return got
		case err := <-done:
			t.Fatalf("%s: Watch ended: %v", what, err)
		case <-time.After(time.Minute):
			t.Fatalf("%s: nothing was reported", what)
		}
		return nil
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, next(what)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", what, diff)
		}
	}
	// The first event may come before Watch looks, so the file keeps changing until it
	// is reported.
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for content := "x"; ; content += "x" {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				os.WriteFile(one, []byte(content), 0o600)
			}
		}
	})
	expect("written in place", one)
	close(stop)
	writing.Wait()
	replace(two, "replaced")
	for replaced := false; !replaced; {
		got := next("replaced by rename") // one last change of the first file may come along
		replaced = cmp.Equal(got, []string{two}) || cmp.Equal(got, []string{one, two})
	}
	replace(late, "here")
	expect("made later", late)
	put(filepath.Join(folder, "other"), "not watched")
	together := false
	for content := "several"; !together && len(content) < 30; content += "x" { // one by one, if the machine is busy meanwhile
		replace(one, content)
		replace(two, content)
		for seen := 0; seen < 2 && !together; {
			got := next("several at once")
			seen += len(got)
			together = cmp.Equal(got, []string{one, two})
			if !together && !cmp.Equal(got, []string{one}) && !cmp.Equal(got, []string{two}) {
				t.Fatalf("several at once: %q", got)
			}
		}
	}
	if !together {
		t.Error("changes at once are reported one by one")
	}
}

func TestWatchFailsOnMissingFolder(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "absent", "file")
	err := Watch(t.Context(), func() []string { return []string{missing} }, time.Millisecond, nil)
	if err == nil {
		t.Error("Watch succeeded")
	}
}
