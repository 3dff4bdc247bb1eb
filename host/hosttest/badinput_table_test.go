package hosttest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// badTable is a file of testdata/badinput. Its name begins with the operation's. Its first
// line is a request that is right; each row changes one parameter of it, and says what is
// answered:
//
//	Entries.MessageBody large "@x1025@"
//	both 200 entry InvalidParameterValue sender=true One or more ...
//
// A parameter in a list is that of the first element, one in a map that of the only key.
// Without a value it is left out. The value *11 is eleven of what the right request has
// one of. @x1025@ stands for so many letters x. "none" and a reason say that there is no
// such fault.
type badTable struct {
	operation string
	base      string
	rows      []badRow
}

type badRow struct {
	title     string // as it stands in the file
	parameter string
	fault     string
	value     string
	none      string
	onlyJSON  bool
	want      []string
}

func readBadTable(t *testing.T, file string) badTable {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var table badTable
	table.operation, _, _ = strings.Cut(filepath.Base(file), ".")
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	table.base = blocks[0]
	for _, block := range blocks[1:] {
		lines := strings.Split(block, "\n")
		row := badRow{title: lines[0], want: lines[1:]}
		head, value, _ := strings.Cut(lines[0], " ")
		row.parameter = head
		row.fault, row.value, _ = strings.Cut(value, " ")
		if reason, ok := strings.CutPrefix(row.value, "none: "); ok {
			row.value, row.none = "", reason
		}
		// Where a text is wanted, the query protocol has no other types.
		row.onlyJSON = row.fault == "type" && (row.value == "1" || strings.HasPrefix(row.value, "["))
		table.rows = append(table.rows, row)
	}
	return table
}

// String is the text of the file.
func (b *badTable) String() string {
	var text strings.Builder
	text.WriteString(b.base + "\n")
	for _, row := range b.rows {
		fmt.Fprintf(&text, "\n%s\n", strings.Join(append([]string{row.title}, row.want...), "\n"))
	}
	return text.String()
}

// badPlaceholders are the values of what is written between two @.
type badPlaceholders map[string]string

var (
	badLength = regexp.MustCompile(`@x(\d+)@`)
	badRun    = regexp.MustCompile(`x{60,}`)
)

func (p badPlaceholders) show(text string) string {
	for name, value := range p {
		text = strings.ReplaceAll(text, name, value)
	}
	return badLength.ReplaceAllStringFunc(text, func(found string) string {
		n, _ := strconv.Atoi(badLength.FindStringSubmatch(found)[1]) // digits only
		return strings.Repeat("x", n)
	})
}

func (p badPlaceholders) hide(text string) string {
	for name, value := range p {
		text = strings.ReplaceAll(text, value, name)
	}
	var shown strings.Builder
	for _, r := range text {
		if r < ' ' {
			fmt.Fprintf(&shown, `\u%04x`, r)
			continue
		}
		shown.WriteRune(r)
	}
	return badRun.ReplaceAllStringFunc(shown.String(), func(found string) string { return fmt.Sprintf("@x%d@", len(found)) })
}

// body is the request of a row.
func (r *badRow) body(t *testing.T, base string, values badPlaceholders) map[string]any {
	t.Helper()
	body := map[string]any{}
	if err := json.Unmarshal([]byte(values.show(base)), &body); err != nil {
		t.Fatalf("%s: %v", base, err)
	}
	var at any = body
	path := strings.Split(r.parameter, ".")
	for _, name := range path[:len(path)-1] {
		at = member(at)[name]
	}
	parent, name := member(at), path[len(path)-1]
	switch count, many := strings.CutPrefix(r.value, "*"); {
	case r.fault == "missing":
		delete(parent, name)
	case many:
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatalf("%s: %v", r.title, err)
		}
		parent[name] = repeat(parent[name], n)
	case name == "key":
		owner := at.(map[string]any)
		for old, value := range owner {
			delete(owner, old)
			owner[r.json(t, values).(string)] = value
			break
		}
	case name == "value":
		for key := range parent {
			parent[key] = r.json(t, values)
		}
	case name == "element":
		at.([]any)[0] = r.json(t, values)
	default:
		parent[name] = r.json(t, values)
	}
	return body
}

func (r *badRow) json(t *testing.T, values badPlaceholders) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(values.show(r.value)), &value); err != nil {
		t.Fatalf("%s: %v", r.title, err)
	}
	return value
}

// member is the structure in which to look for a name: the value itself, the first element
// of a list, or the value of the only key of a map of structures.
func member(value any) map[string]any {
	switch value := value.(type) {
	case []any:
		return member(value[0])
	case map[string]any:
		for _, only := range value {
			if inner, ok := only.(map[string]any); ok && len(value) == 1 {
				return inner
			}
		}
		return value
	default:
		return nil
	}
}

// repeat makes n of what value holds one of, with keys and ids of their own.
func repeat(value any, n int) any {
	if list, ok := value.([]any); ok {
		many := make([]any, n)
		for i := range many {
			many[i] = list[0]
			if entry, ok := list[0].(map[string]any); ok {
				fresh := maps.Clone(entry)
				fresh["Id"] = fmt.Sprint("e", i)
				many[i] = fresh
			}
		}
		return many
	}
	many := map[string]any{}
	for key, only := range value.(map[string]any) {
		for i := range n {
			many[fmt.Sprint(key, i)] = only
		}
	}
	return many
}
