package javascript

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"github.com/go-sourcemap/sourcemap"
)

// bundlePrefix marks the name of a script that was made of several files, or translated. No name of a file is like it.
const bundlePrefix = "bundle:"

// positions finds the places in the author's files that places in a bundle come from.
type positions struct {
	pattern *regexp.Regexp
	sources func() (*sourcemap.Consumer, error)
}

// newPositions reads the map that was made with a bundle, when the first place is asked for.
func newPositions(bundle string, mapping []byte) *positions {
	return &positions{
		pattern: regexp.MustCompile(regexp.QuoteMeta(bundle) + `:(\d+)(?::(\d+))?`),
		sources: sync.OnceValues(func() (*sourcemap.Consumer, error) { return sourcemap.Parse("", mapping) }),
	}
}

// restore replaces places in the bundle in a text by those in the author's files.
func (p *positions) restore(text []byte) []byte {
	if p == nil || !p.pattern.Match(text) {
		return text
	}
	sources, err := p.sources()
	if err != nil {
		return text // the places of the bundle are better than none
	}
	return p.pattern.ReplaceAllFunc(text, func(place []byte) []byte {
		part := p.pattern.FindSubmatch(place)
		line, _ := strconv.Atoi(string(part[1])) // digits, if not too many, which no place has
		column, _ := strconv.Atoi(string(part[2]))
		file, _, line, column, ok := sources.Source(line, max(column-1, 0))
		switch {
		case !ok:
			return place
		case len(part[2]) == 0:
			return fmt.Appendf(nil, "%s:%d", file, line)
		default:
			return fmt.Appendf(nil, "%s:%d:%d", file, line, column+1)
		}
	})
}
