package filter_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/queuelet/queuelet/host/filter"
)

// FuzzMatch looks for patterns and records that make matching panic or contradict itself.
func FuzzMatch(f *testing.F) {
	for _, pattern := range []string{
		`{"a":[1,null,true,"x"]}`,
		`{"a":{"b":[{"prefix":"x"},{"suffix":{"equals-ignore-case":"Y"}}]}}`,
		`{"body":{"n":[{"numeric":[">",-1.5e3,"<=",20]}]},"$or":[{"c":[{"exists":false}]},{"d":[{"anything-but":["x",7]}]}]}`,
		`{"body":[{"anything-but":{"prefix":["a","b"]}}]}`,
	} {
		for _, record := range []string{
			`{"a":1}`, `{"a":[{"b":"xY"},[],"\u0000\ud800\\"]}`, `{"body":"{\"n\":1e400}","d":[[8]]}`, `[{}]`, `{"body":"[]"}`, "{\"a\":\"\xff\"}", `-`,
		} {
			f.Add([]byte(pattern), []byte(record))
		}
	}
	f.Fuzz(func(t *testing.T, pattern, record []byte) {
		p, err := filter.Compile(pattern)
		if err != nil {
			return
		}
		matched := p.Match(record)
		if (p.Explain(record) == "") != matched {
			t.Errorf("match %t, but explained %q", matched, p.Explain(record))
		}
		again, err := filter.Compile([]byte(p.String()))
		if err != nil || again.Match(record) != matched {
			t.Errorf("the pattern's own text gives %v and another result", err)
		}
		// Space around tokens means nothing.
		var indented bytes.Buffer
		if json.Indent(&indented, record, " ", "\t") == nil && p.Match(indented.Bytes()) != matched {
			t.Errorf("match %t turns with the record's space", matched)
		}
	})
}
