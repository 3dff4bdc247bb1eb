package lambdaapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoute(t *testing.T) {
	table := (&API{}).operations()
	tests := []struct {
		method, path, want string
		parameters         []string
		known              bool
	}{
		{"POST", "/2015-03-31/functions", "CreateFunction", nil, true},
		{"POST", "/2015-03-31/functions/", "CreateFunction", nil, true}, // as older SDKs write it
		{"GET", "/2015-03-31/functions/orders", "GetFunction", []string{"orders"}, true},
		{"POST", "/2015-03-31/functions/orders/invocations", "Invoke", []string{"orders"}, true},
		{"GET", "/2015-03-31/functions/arn%3Aaws%3Alambda/aliases/live", "GetAlias", []string{"arn:aws:lambda", "live"}, true},
		{"GET", "/2015-03-31/functions/a%2Fb", "GetFunction", []string{"a/b"}, true},
		{"POST", "/2014-11-13/functions/orders/invoke-async/", "InvokeAsync", []string{"orders"}, true},
		{"PATCH", "/2015-03-31/functions", "", nil, true},
		{"GET", "/2015-03-31/functions/orders/nothing", "", nil, false},
		{"GET", "/2015-03-31/functions/%zz", "", nil, false},
		{"GET", "/2015-03-31/functions/a/aliases/b/c", "", nil, false},
		{"GET", "/", "", nil, false},
	}
	for _, tt := range tests {
		op, parameters, known := route(table, tt.method, tt.path)
		name := ""
		if op != nil {
			name = op.name
		}
		if name != tt.want || known != tt.known || !cmp.Equal(parameters, tt.parameters) {
			t.Errorf("%s %s is %q with %q, known %t; want %q with %q", tt.method, tt.path, name, parameters, known, tt.want, tt.parameters)
		}
	}
}

// TestVersionsCoverTheTable finds the version of every path among those that are registered.
func TestVersionsCoverTheTable(t *testing.T) {
	for _, op := range (&API{}).operations() {
		version, _, _ := strings.Cut(strings.TrimPrefix(op.path, "/"), "/")
		found := false
		for _, v := range versions {
			found = found || v == version
		}
		if !found {
			t.Errorf("%s is below %s, which is not registered", op.name, version)
		}
	}
}

func FuzzRoute(f *testing.F) {
	for _, path := range []string{"/2015-03-31/functions/a/aliases/b", "/2017-03-31/tags/arn%3Aaws", "//", "/%", strings.Repeat("/x", 100)} {
		f.Add(http.MethodGet, path)
	}
	table := (&API{}).operations()
	f.Fuzz(func(t *testing.T, method, path string) {
		op, parameters, known := route(table, method, path)
		if op == nil {
			if parameters != nil {
				t.Errorf("parameters %q of no operation", parameters)
			}
			return
		}
		if !known || op.method != method || len(parameters) != strings.Count(op.path, "{}") {
			t.Errorf("%s %s is %s with %q", method, path, op.name, parameters)
		}
		for _, p := range parameters {
			if p == "" {
				t.Errorf("%s has an empty parameter", path)
			}
		}
	})
}
