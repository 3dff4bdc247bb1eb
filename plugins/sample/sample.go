package sample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Extension is that of the files.
const Extension = ".json"

// Sample is an event and what is expected of it.
type Sample struct {
	Name  string   // of the file, without its extension
	Event []byte   // JSON, as the function gets it
	IDs   []string // message ids of its records; none if it is no event of a queue

	expect expectation
}

// Read reads the sample in a file. Records that tell no time were sent now.
func Read(path string, now time.Time) (Sample, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Sample{}, fmt.Errorf("read a sample: %w", err)
	}
	s, err := parse(text, now)
	if err != nil {
		return Sample{}, fmt.Errorf("%s: %w", path, err)
	}
	s.Name = strings.TrimSuffix(filepath.Base(path), Extension)
	return s, nil
}

// ReadAll reads all samples of a folder, in the order of their names; of a file, the one in it.
func ReadAll(path string, now time.Time) ([]Sample, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		one, err := Read(path, now)
		return []Sample{one}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("find samples: %w", err)
	}
	var samples []Sample
	for _, entry := range entries {
		if entry.IsDir() || filepath.Ext(entry.Name()) != Extension {
			continue
		}
		one, err := Read(filepath.Join(path, entry.Name()), now)
		if err != nil {
			return nil, err
		}
		samples = append(samples, one)
	}
	return samples, nil
}

// file is a file that says more than an event.
type file struct {
	Bodies  []body          `json:"bodies"`
	Records []record        `json:"records"`
	Event   json.RawMessage `json:"event"`
	Expect  expectation     `json:"expect"`
}

// parse reads the text of a file.
func parse(text []byte, now time.Time) (Sample, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil && !json.Valid(text) {
		return Sample{}, fmt.Errorf("it is not JSON: %w", err)
	}
	kinds := 0
	for _, kind := range []string{"bodies", "records", "event"} {
		if _, there := members[kind]; there {
			kinds++
		}
	}
	_, expects := members["expect"]
	switch {
	case kinds == 0 && !expects:
		return Sample{Event: text, IDs: messageIDs(text)}, nil
	case kinds != 1:
		return Sample{}, errors.New(`it needs one of "event", "records" and "bodies"`)
	}
	var f file
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return Sample{}, fmt.Errorf("read it: %w", err)
	}
	s := Sample{Event: f.Event, expect: f.Expect}
	if s.Event == nil {
		s.Event = queueEvent(append(f.Records, recordsOf(f.Bodies)...), now)
	}
	s.IDs = messageIDs(s.Event)
	return s, s.expect.check(s.IDs)
}
