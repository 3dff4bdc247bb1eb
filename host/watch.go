package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watch calls changed with the files that changed, once they have been still for a
// moment, until ctx ends. list names the files to watch; it is asked again after every
// event.
//
// Their folders are what is watched, so that a file that is replaced, as editors and
// compilers do, stays watched. It is the state of a file that decides and not the kind
// of an event, so that a change is reported once.
func Watch(ctx context.Context, list func() []string, still time.Duration, changed func(paths []string)) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	defer notify.Close()
	w := watcher{notify: notify, states: make(map[string]state)}
	if _, err := w.look(list()); err != nil {
		return err
	}
	quiet := time.NewTimer(still)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-notify.Events:
			quiet.Reset(still)
		case <-notify.Errors: //nolint:errcheck // events may have been dropped: all files are looked at
			quiet.Reset(still)
		case <-quiet.C:
			files, err := w.look(list())
			if err != nil {
				return err
			}
			if len(files) > 0 {
				changed(files)
			}
		}
	}
}

// watcher remembers the state of each file.
type watcher struct {
	notify *fsnotify.Watcher
	states map[string]state
}

// look returns the files that are not in their remembered state. A file that is not
// there is being replaced: it is looked at again when it is back.
func (w *watcher) look(files []string) ([]string, error) {
	var differ []string
	for _, file := range files {
		if err := w.notify.Add(filepath.Dir(file)); err != nil {
			return nil, fmt.Errorf("watch %s: %w", filepath.Dir(file), err)
		}
		now, ok := stateOf(file)
		if before, known := w.states[file]; ok && (!known || now != before) {
			w.states[file] = now
			differ = append(differ, file)
		}
	}
	return differ, nil
}

// state is what tells one content of a file from another.
type state struct {
	size     int64
	modified time.Time
}

func stateOf(file string) (state, bool) {
	info, err := os.Stat(file)
	if err != nil {
		return state{}, false
	}
	return state{info.Size(), info.ModTime()}, true
}
