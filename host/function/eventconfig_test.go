package function_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/function"
)

// TestEventConfigs gives a function, a version and an alias configurations of their own, which end with them.
func TestEventConfigs(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "one")
	update(t, n, "orders", "two", true)
	one := "1"
	if _, err := n.CreateAlias(t.Context(), key("orders"), function.AliasChange{Name: "live", Version: &one}); err != nil {
		t.Fatal(err)
	}
	update(t, n, "orders", "three", true)
	of := func(qualifier string) function.Reference {
		return function.Reference{Key: key("orders"), Qualifier: qualifier}
	}
	configured := func() []string {
		f, err := n.Function(key("orders"))
		if err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(f.Events))
	}
	retries := 1
	for _, qualifier := range []string{"", "2", "live"} {
		if _, err := n.SetEventConfig(t.Context(), of(qualifier), function.EventConfig{Retries: &retries, OnSuccess: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"$LATEST", "2", "live"}, configured()); d != "" {
		t.Errorf("configured (-want +got):\n%s", d)
	}
	c, err := n.UpdateEventConfig(t.Context(), of("$LATEST"), func(c *function.EventConfig) { c.MaxAge = time.Minute })
	if err != nil || *c.Retries != 1 || c.OnSuccess != "done" || c.MaxAge != time.Minute || c.Modified.IsZero() {
		t.Errorf("updated %+v, %v", c, err)
	}
	if got, err := n.EventConfig(of("")); err != nil || !cmp.Equal(got, c) {
		t.Errorf("configuration %+v, %v; want %+v", got, err, c)
	}
	if got, err := n.EventConfig(of("live")); err != nil || got.MaxAge != 0 {
		t.Errorf("configuration of the alias %+v, %v", got, err)
	}

	if err := n.DeleteAlias(t.Context(), key("orders"), "live"); err != nil {
		t.Fatal(err)
	}
	if err := n.Delete(t.Context(), of("2")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"$LATEST"}, configured()); d != "" {
		t.Errorf("configured after the end of the others (-want +got):\n%s", d)
	}
	if err := n.DeleteEventConfig(t.Context(), of("")); err != nil {
		t.Fatal(err)
	}
	expect(t, "delete it again", n.DeleteEventConfig(t.Context(), of("")), function.CodeNotFound)
	_, err = n.UpdateEventConfig(t.Context(), of(""), func(*function.EventConfig) {})
	expect(t, "update it", err, function.CodeNotFound)

	less, more := -1, 3
	for name, tt := range map[string]struct {
		qualifier string
		config    function.EventConfig
		want      function.Code
	}{
		"fewer retries than none":  {"", function.EventConfig{Retries: &less}, function.CodeConstraint},
		"more retries than Lambda": {"", function.EventConfig{Retries: &more}, function.CodeConstraint},
		"too young":                {"", function.EventConfig{MaxAge: 59 * time.Second}, function.CodeConstraint},
		"too old":                  {"", function.EventConfig{MaxAge: 6*time.Hour + time.Second}, function.CodeConstraint},
		"too long":                 {"", function.EventConfig{OnFailure: strings.Repeat("x", 351)}, function.CodeConstraint},
		"no such queue":            {"", function.EventConfig{OnFailure: "none"}, function.CodeInvalid},
		"no such alias":            {"live", function.EventConfig{}, function.CodeNotFound},
		"no such version":          {"9", function.EventConfig{}, function.CodeNotFound},
	} {
		_, err := n.SetEventConfig(t.Context(), of(tt.qualifier), tt.config)
		expect(t, name, err, tt.want)
	}
	if all := configured(); len(all) > 0 {
		t.Errorf("configured by calls that were refused: %v", all)
	}
}
