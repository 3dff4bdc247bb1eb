package broker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADirectoryIsRefusedWithTheWayOutAndNeverTouched(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"a later format":          {map[string]string{manifestName: `{"format":2,"mode":"standalone"}`}, "format 2"},
		"another mode":            {map[string]string{manifestName: `{"format":1,"mode":"cluster"}`}, `mode "cluster"`},
		"a manifest that is torn": {map[string]string{manifestName: `{"form`}, "unexpected end"},
		"somebody else's store":   {map[string]string{"jetstream/$G/streams/X/meta.inf": "theirs"}, "did not make"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tt.files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Start(t.Context(), Options{Dir: dir})
			var refused *Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) || refused.Hint == "" {
				t.Fatalf("got %v", err)
			}
			for file, text := range tt.files {
				if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != text {
					t.Errorf("%s was changed: %q, %v", file, got, err)
				}
			}
		})
	}
}

func TestADirectoryIsUsedByOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second server on the same directory: %v", err)
	}
	first.Shutdown()
	again, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal("after the first was stopped:", err)
	}
	again.Shutdown()
}
