package function

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Function is a function with all of its versions and aliases, as it is stored: one document. Whoever gets one from a
// [Service] must not change it.
type Function struct {
	Key

	Created  time.Time         `json:"created"`
	Latest   Version           `json:"latest"`
	Versions []Version         `json:"versions,omitempty"` // published ones, oldest first
	Aliases  []Alias           `json:"aliases,omitempty"`  // by name
	Next     int               `json:"next"`               // number of the next version to be published
	Reserved *int              `json:"reserved,omitempty"` // concurrency of all versions; nil for DefaultConcurrency
	Tags     map[string]string `json:"tags,omitempty"`
	// Events are the event invoke configurations, by $LATEST, the number of a version or the name of an alias.
	Events map[string]EventConfig `json:"events,omitempty"`

	// Configured says that it comes from the configuration file.
	Configured bool `json:"-"`

	revision uint64 // of the document
}

// Version is code with its configuration. A published one never changes.
type Version struct {
	Number   int       `json:"number"` // 0 for $LATEST
	Revision string    `json:"revision_id"`
	Modified time.Time `json:"modified"`
	Code     Package   `json:"code"`
	Config   Config    `json:"config"`
}

// Name is $LATEST or the number.
func (v *Version) Name() string { return versionName(v.Number) }

// Package names what was uploaded.
type Package struct {
	SHA256 string `json:"sha256"` // of the package as it was uploaded, in Base64, as CodeSha256 shows it
	Size   int64  `json:"size"`   // bytes of the package
}

// Config is what a function's author sets.
type Config struct {
	Runtime       string            `json:"runtime"`
	Handler       string            `json:"handler,omitempty"`
	Role          string            `json:"role,omitempty"` // what it may ask the host for
	Description   string            `json:"description,omitempty"`
	MemoryMiB     int               `json:"memory_mib"`
	Timeout       time.Duration     `json:"timeout"`
	Environment   map[string]string `json:"environment,omitempty"`
	Architectures []string          `json:"architectures,omitempty"` // kept and shown
	DeadLetter    string            `json:"dead_letter,omitempty"`   // ARN of the queue that gets events that are given up
}

// Alias is a name that points to a version.
type Alias struct {
	Name        string `json:"name"`
	Version     int    `json:"version"`
	Description string `json:"description,omitempty"`
	Revision    string `json:"revision_id"`
	// Weights sends that share of the invocations, between 0 and 1, to other versions.
	Weights map[int]float64 `json:"weights,omitempty"`
}

// version returns a version by its number, nil if there is none.
func (f *Function) version(number int) *Version {
	if number == 0 {
		return &f.Latest
	}
	i, found := slices.BinarySearchFunc(f.Versions, number, func(v Version, n int) int { return v.Number - n })
	if !found {
		return nil
	}
	return &f.Versions[i]
}

// alias returns an alias by its name, nil if there is none.
func (f *Function) alias(name string) *Alias {
	for i := range f.Aliases {
		if f.Aliases[i].Name == name {
			return &f.Aliases[i]
		}
	}
	return nil
}

// clone copies what changes of a function touch. Versions are immutable, so their maps are shared.
func (f *Function) clone() *Function {
	c := *f
	c.Versions = slices.Clone(f.Versions)
	c.Aliases = slices.Clone(f.Aliases)
	c.Tags = maps.Clone(f.Tags)
	c.Events = maps.Clone(f.Events)
	return &c
}

// touch gives the version that changes a new revision, and a later time than it had: by that it differs from what was
// published of it.
func (f *Function) touch() {
	f.Latest.Revision = newRevision()
	now := time.Now().UTC().Truncate(time.Millisecond)
	if before := f.Latest.Modified; !now.After(before) {
		now = before.Add(time.Millisecond)
	}
	f.Latest.Modified = now
}

// codes are the packages of all versions.
func (f *Function) codes() []Package {
	all := []Package{f.Latest.Code}
	for i := range f.Versions {
		all = append(all, f.Versions[i].Code)
	}
	return all
}

// newRevision makes a RevisionId.
func newRevision() string { return uuid.NewString() }
