package config

import "fmt"

// Setting is one value and where it came from.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // dots for a secret
	Origin string `json:"origin"`
}

// Settings lists every value of a configuration with its origin: "default", the
// flag, the variable, or file and line.
func Settings(s Source) ([]Setting, error) {
	c, d := load(s)
	if len(d.errs) > 0 {
		return nil, d.errs
	}
	var settings []Setting
	for _, l := range flatten(&c) {
		origin := "default"
		if p, ok := d.places[l.place]; ok {
			origin = p.origin
			if p.line > 0 {
				origin = fmt.Sprintf("%s:%d", s.Path, p.line)
			}
		}
		settings = append(settings, Setting{Key: l.key, Value: l.shown(), Origin: origin})
	}
	return settings, nil
}
