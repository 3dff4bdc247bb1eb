package hosttest_test

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// TestBadInputIsComplete walks through the operations and parameters that the SDK knows
// from the service model, and wants a row for each way in which each can be wrong.
func TestBadInputIsComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/badinput/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, file := range files {
		table := readBadTable(t, file)
		for _, row := range table.rows {
			rows[table.operation+" "+row.parameter+" "+row.fault] = true
		}
	}
	client := reflect.TypeFor[*sqs.Client]()
	wanted := map[string]bool{}
	for method := range client.Methods() {
		if method.Type.NumIn() != 4 || !strings.HasSuffix(method.Type.In(2).String(), "Input") {
			continue // not an operation
		}
		wantMembers(wanted, method.Name+" ", method.Type.In(2).Elem())
	}
	for _, operation := range []string{"CreateQueue", "SetQueueAttributes"} {
		for _, attribute := range types.QueueAttributeName("").Values() {
			wantFaults(wanted, operation+" Attributes."+string(attribute), "small", "large", "characters")
		}
	}
	if len(wanted) < 23 {
		t.Fatalf("the SDK knows %d rows only", len(wanted))
	}
	for _, row := range slices.Sorted(maps.Keys(wanted)) {
		if !rows[row] {
			t.Errorf("no row: %s", row)
		}
	}
}

func wantFaults(wanted map[string]bool, parameter string, faults ...string) {
	for _, fault := range faults {
		wanted[parameter+" "+fault] = true
	}
}

// wantMembers wants rows for the members of a structure.
func wantMembers(wanted map[string]bool, prefix string, structure reflect.Type) {
	for field := range structure.Fields() {
		if field.IsExported() {
			wantParameter(wanted, prefix+memberName(structure, field.Name), field.Type)
		}
	}
}

// memberName is the name on the wire.
func memberName(structure reflect.Type, name string) string {
	if structure.Name() == "CreateQueueInput" && name == "Tags" {
		return "tags"
	}
	return name
}

func wantParameter(wanted map[string]bool, parameter string, kind reflect.Type) {
	wantFaults(wanted, parameter, "missing", "type", "small", "large")
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch {
	case kind.Kind() == reflect.String, kind == reflect.TypeFor[[]byte]():
		wantFaults(wanted, parameter, "characters")
	case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
		wantMembers(wanted, parameter+".", kind.Elem())
	case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.String:
		wantFaults(wanted, parameter+".element", "type", "small", "large", "characters")
	case kind.Kind() == reflect.Map:
		wantFaults(wanted, parameter+".key", "small", "large", "characters")
		if kind.Elem().Kind() == reflect.Struct {
			wantMembers(wanted, parameter+".", kind.Elem())
		} else {
			wantFaults(wanted, parameter+".value", "type", "small", "large", "characters")
		}
	}
}
