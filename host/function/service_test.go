package function_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/queuelet/queuelet/host/function"
)

func TestLifeOfAFunction(t *testing.T) {
	n := single(t)
	f := create(t, n, "orders", "one")
	sum := sha256.Sum256(module(t, "one"))
	if got, want := f.Latest.Code.SHA256, base64.StdEncoding.EncodeToString(sum[:]); got != want {
		t.Errorf("CodeSha256 = %s, want that of the package, %s", got, want)
	}
	_, err := n.Create(t.Context(), function.NewFunction{
		Key: key("orders"), Config: function.Config{Runtime: "provided.wasm"}, Zip: module(t, "two"),
	})
	expect(t, "create it again", err, function.CodeConflict)

	if _, v, err := n.Publish(t.Context(), key("orders"), function.Publication{}); err != nil || v.Number != 1 {
		t.Fatalf("version %+v, %v", v, err)
	}
	if _, v, err := n.Publish(t.Context(), key("orders"), function.Publication{}); err != nil || v.Number != 1 {
		t.Errorf("publishing the same again: %+v, %v, want version 1", v, err)
	}
	if _, v, err := n.Publish(t.Context(), key("orders"), function.Publication{Description: "another"}); err != nil || v.Number != 1 {
		t.Errorf("publishing the same with another description: %+v, %v, want version 1", v, err)
	}
	if f = update(t, n, "orders", "two", true); len(f.Versions) != 2 || f.Versions[1].Number != 2 {
		t.Errorf("versions after an update that publishes: %+v", f.Versions)
	}
	if _, err := n.UpdateConfig(t.Context(), key("orders"), "", func(c *function.Config) { c.Description = "changed" }); err != nil {
		t.Fatal(err)
	}
	if _, v, err := n.Publish(t.Context(), key("orders"), function.Publication{Description: "published"}); err != nil || v.Number != 3 {
		t.Errorf("publishing after another description of $LATEST: %+v, %v, want version 3", v, err)
	}
	if _, v, err := n.Publish(t.Context(), key("orders"), function.Publication{}); err != nil || v.Number != 3 {
		t.Errorf("publishing what was published with a description: %+v, %v, want version 3", v, err)
	}
	one := "1"
	if _, err := n.CreateAlias(t.Context(), key("orders"), function.AliasChange{Name: "live", Version: &one}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{account + "/orders": "two 128 MiB ×1000", account + "/orders:1": "one 128 MiB ×1000"}
	if d := cmp.Diff(want, n.runtime.now()); d != "" {
		t.Errorf("in service (-want +got):\n%s", d)
	}
	if f, err = n.RollBack(t.Context(), key("orders"), "1", ""); err != nil || f.Latest.Code != f.Versions[0].Code {
		t.Errorf("rolled back to %+v, %v", f.Latest, err)
	}
	if got := n.runtime.now()[account+"/orders"]; got != "one 128 MiB ×1000" {
		t.Errorf("in service after the roll-back: %s", got)
	}
	expect(t, "delete a version that an alias points to",
		n.Delete(t.Context(), function.Reference{Key: key("orders"), Qualifier: "1"}), function.CodeConflict)
	if err := n.Delete(t.Context(), function.Reference{Key: key("orders")}); err != nil {
		t.Fatal(err)
	}
	if got := n.runtime.now(); len(got) != 0 {
		t.Errorf("in service after the end: %v", got)
	}
	if size, count := n.CodeUsed(account); size != 0 || count != 0 {
		t.Errorf("%d bytes of %d functions are left", size, count)
	}
	if _, err := n.Download(t.Context(), f.Latest.Code); err == nil {
		t.Error("the code is still there")
	}
	_, err = n.Function(key("orders"))
	expect(t, "get it", err, function.CodeNotFound)
}

func TestBadCodeChangesNothing(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "good")
	before, _ := n.Function(key("orders"))
	_, err := n.UpdateCode(t.Context(), key("orders"), function.CodeUpdate{Zip: module(t, "bad")})
	expect(t, "update", err, function.CodeInvalid)
	_, err = n.Create(t.Context(), function.NewFunction{
		Key: key("other"), Config: function.Config{Runtime: "provided.wasm"}, Zip: module(t, "bad"),
	})
	expect(t, "create", err, function.CodeInvalid)
	if after, _ := n.Function(key("orders")); after != before {
		t.Errorf("the function changed: %+v", after)
	}
	if d := cmp.Diff(map[string]string{account + "/orders": "good 128 MiB ×1000"}, n.runtime.now()); d != "" {
		t.Errorf("in service (-want +got):\n%s", d)
	}
	if all := n.Functions(account); len(all) != 1 {
		t.Errorf("%d functions, want one", len(all))
	}
}

// TestRestart finds everything again, and what a mapping and an alias refer to is in service.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	e := store(t, dir)
	n := open(t, e)
	create(t, n, "orders", "one")
	update(t, n, "orders", "two", true)
	update(t, n, "orders", "three", false)
	one, weights := "1", map[string]float64{}
	if _, err := n.CreateAlias(t.Context(), key("orders"), function.AliasChange{Name: "live", Version: &one, Weights: &weights}); err != nil {
		t.Fatal(err)
	}
	limit := 7
	if err := n.Reserve(t.Context(), key("orders"), &limit); err != nil {
		t.Fatal(err)
	}
	m, err := n.CreateMapping(t.Context(), function.NewMapping{
		Function: function.Reference{Key: key("orders"), Qualifier: "live"}, Queue: "q", Config: function.MappingConfig{Enabled: true, BatchSize: 10},
		Tags: map[string]string{"team": "shop"},
	})
	if err != nil {
		t.Fatal(err)
	}
	before, _ := n.Function(key("orders"))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	e = store(t, dir)
	defer e.Close()
	n = open(t, e)
	after, err := n.Function(key("orders"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, after, cmp.AllowUnexported(function.Function{})); d != "" {
		t.Errorf("the function (-before +after):\n%s", d)
	}
	again, err := n.Mapping(account, m.UUID)
	if d := cmp.Diff(m, again, cmp.AllowUnexported(function.Mapping{})); err != nil || d != "" {
		t.Errorf("the mapping: %v (-before +after):\n%s", err, d)
	}
	want := map[string]string{account + "/orders": "three 128 MiB ×7", account + "/orders:1": "two 128 MiB ×7"}
	if d := cmp.Diff(want, n.runtime.now()); d != "" {
		t.Errorf("in service (-want +got):\n%s", d)
	}
	target, err := n.Resolve(function.Reference{Key: key("orders"), Qualifier: "live"})
	if err != nil || target.ID != account+"/orders:1" || target.Version != "1" || !target.Ready {
		t.Errorf("the alias means %+v, %v", target, err)
	}
}

// TestNodes changes a function on one node and sees it on another.
func TestNodes(t *testing.T) {
	e := store(t, t.TempDir())
	t.Cleanup(func() { e.Close() })
	a, b := open(t, e), open(t, e)
	create(t, a, "orders", "one")
	serves := func(n *node, want string) func() bool {
		return func() bool { return n.runtime.now()[account+"/orders"] == want }
	}
	eventually(t, "the other node serves it", serves(b, "one 128 MiB ×1000"))
	update(t, b, "orders", "two", false)
	eventually(t, "the first node serves the update", serves(a, "two 128 MiB ×1000"))
	if err := a.Delete(t.Context(), function.Reference{Key: key("orders")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other node has removed it", serves(b, ""))
}

func TestRevisions(t *testing.T) {
	n := single(t)
	seen := create(t, n, "orders", "one").Latest.Revision
	config := func(revision string) error {
		_, err := n.UpdateConfig(t.Context(), key("orders"), revision, func(c *function.Config) { c.MemoryMiB++ })
		return err
	}
	if err := config(seen); err != nil {
		t.Fatal(err)
	}
	expect(t, "update with an old revision", config(seen), function.CodePrecondition)
	_, _, err := n.Publish(t.Context(), key("orders"), function.Publication{Revision: seen})
	expect(t, "publish an old revision", err, function.CodePrecondition)
	_, _, err = n.Publish(t.Context(), key("orders"), function.Publication{CodeSHA256: "other"})
	expect(t, "publish other code", err, function.CodeInvalid)
	_, err = n.UpdateCode(t.Context(), key("orders"), function.CodeUpdate{Zip: module(t, "two"), Revision: seen})
	expect(t, "update an old revision", err, function.CodePrecondition)
}

// TestVersionsKept publishes more than are kept: the oldest go, and their code with them, unless an alias has them.
func TestVersionsKept(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "version 1")
	publish := func() {
		t.Helper()
		if _, _, err := n.Publish(t.Context(), key("orders"), function.Publication{}); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	one := "1"
	if _, err := n.CreateAlias(t.Context(), key("orders"), function.AliasChange{Name: "old", Version: &one}); err != nil {
		t.Fatal(err)
	}
	const kept = 5
	for i := range kept + 1 {
		update(t, n, "orders", fmt.Sprint("version ", i+2), false)
		publish()
	}
	f, _ := n.Function(key("orders"))
	if len(f.Versions) != kept || f.Versions[0].Number != 1 || f.Versions[1].Number != 4 {
		t.Errorf("%d versions are kept, from %d and %d", len(f.Versions), f.Versions[0].Number, f.Versions[1].Number)
	}
}

func TestQuotas(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "one")
	noise := make([]byte, 1<<20) // does not get smaller in the archive
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	big := archive(t, map[string]string{"bootstrap.wasm": "x", "noise": string(noise)})
	_, err := n.UpdateCode(t.Context(), key("orders"), function.CodeUpdate{Zip: big})
	expect(t, "more code than the account may have", err, function.CodeStorage)
}

func TestConfiguredFunctions(t *testing.T) {
	n := single(t)
	n.Configure([]*function.Function{{Key: key("fixed"), Latest: function.Version{Config: function.Config{Runtime: "provided.wasm"}}}},
		[]*function.Mapping{{Account: account, Queue: "q", Function: "fixed", MappingConfig: function.MappingConfig{Enabled: true, BatchSize: 10}}})
	expect(t, "delete", n.Delete(t.Context(), function.Reference{Key: key("fixed")}), function.CodeConflict)
	_, err := n.UpdateCode(t.Context(), key("fixed"), function.CodeUpdate{Zip: module(t, "x")})
	expect(t, "update", err, function.CodeConflict)
	if err == nil || !strings.Contains(err.Error(), "configuration") {
		t.Errorf("the refusal does not say where to change it: %v", err)
	}
	_, err = n.Create(t.Context(), function.NewFunction{
		Key: key("fixed"), Config: function.Config{Runtime: "provided.wasm"}, Zip: module(t, "x"),
	})
	expect(t, "create", err, function.CodeConflict)
	target, err := n.Resolve(function.Reference{Key: key("fixed")})
	if err != nil || target.ID != "fixed" || !target.Ready {
		t.Errorf("it means %+v, %v", target, err)
	}
}

// TestConfiguredMappings can be paused, and nothing else.
func TestConfiguredMappings(t *testing.T) {
	n := single(t)
	fixed := func() []*function.Mapping {
		return []*function.Mapping{{Account: account, Queue: "q", Function: "fixed", MappingConfig: function.MappingConfig{Enabled: true, BatchSize: 10}}}
	}
	n.Configure(nil, fixed())
	m := n.Mappings(account)[0]
	change := func(change func(*function.MappingConfig)) error {
		_, err := n.UpdateMapping(t.Context(), account, m.UUID, nil, change)
		return err
	}
	expect(t, "another batch size", change(func(c *function.MappingConfig) { c.BatchSize = 1 }), function.CodeConflict)
	_, err := n.DeleteMapping(t.Context(), account, m.UUID)
	expect(t, "delete", err, function.CodeConflict)
	if err := change(func(c *function.MappingConfig) { c.Enabled = false }); err != nil {
		t.Fatal(err)
	}
	n.Configure(nil, fixed()) // a reload
	if m, err := n.Mapping(account, m.UUID); err != nil || m.Enabled || !m.Paused {
		t.Errorf("after the pause and a reload it is %+v, %v", m, err)
	}
	if err := change(func(c *function.MappingConfig) { c.Enabled = true }); err != nil {
		t.Fatal(err)
	}
	if m, err := n.Mapping(account, m.UUID); err != nil || !m.Enabled || m.Paused {
		t.Errorf("after all it is %+v, %v", m, err)
	}
}

// TestAccountsAreApart uses one name in two accounts.
func TestAccountsAreApart(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "mine")
	_, err := n.Create(t.Context(), function.NewFunction{
		Key: function.Key{Account: "999999999999", Name: "orders"}, Config: function.Config{Runtime: "provided.wasm"}, Zip: module(t, "mine"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Delete(t.Context(), function.Reference{Key: key("orders")}); err != nil {
		t.Fatal(err)
	}
	other, err := n.Function(function.Key{Account: "999999999999", Name: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Download(t.Context(), other.Latest.Code); err != nil {
		t.Errorf("code that two accounts had is gone with the first: %v", err)
	}
}

func TestMappings(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "one")
	r := function.Reference{Key: key("orders")}
	config := function.MappingConfig{Enabled: true, BatchSize: 10}
	m, err := n.CreateMapping(t.Context(), function.NewMapping{Function: r, Queue: "q", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	_, err = n.CreateMapping(t.Context(), function.NewMapping{Function: function.Reference{Key: r.Key, Qualifier: function.Latest}, Queue: "q", Config: config})
	expect(t, "the same again", err, function.CodeConflict)
	_, err = n.CreateMapping(t.Context(), function.NewMapping{Function: r, Queue: "none", Config: config})
	expect(t, "no queue", err, function.CodeInvalid)
	_, err = n.CreateMapping(t.Context(), function.NewMapping{Function: function.Reference{Key: key("nobody")}, Queue: "q", Config: config})
	expect(t, "no function", err, function.CodeNotFound)
	_, err = n.Mapping("999999999999", m.UUID)
	expect(t, "a mapping of another account", err, function.CodeNotFound)
	changed, err := n.UpdateMapping(t.Context(), account, m.UUID, nil, func(c *function.MappingConfig) { c.Enabled = false })
	if err != nil || changed.Enabled || changed.BatchSize != 10 {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	if _, err := n.DeleteMapping(t.Context(), account, m.UUID); err != nil {
		t.Fatal(err)
	}
	_, err = n.Mapping(account, m.UUID)
	expect(t, "a mapping that is gone", err, function.CodeNotFound)
}

// TestChangesInTurn lets many calls change one function at once: none is lost.
func TestChangesInTurn(t *testing.T) {
	n := single(t)
	create(t, n, "orders", "one")
	const calls = 20
	errs := make(chan error, calls)
	for range calls {
		go func() {
			_, err := n.UpdateConfig(context.WithoutCancel(t.Context()), key("orders"), "", func(c *function.Config) { c.MemoryMiB++ })
			errs <- err
		}()
	}
	for range calls {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	f, _ := n.Function(key("orders"))
	if got := f.Latest.Config.MemoryMiB; got != function.DefaultMemoryMiB+calls {
		t.Errorf("memory %d after %d calls", got, calls)
	}
}

// TestCreateAfterDelete makes a function again right after it was deleted, while the watch still brings the old one.
func TestCreateAfterDelete(t *testing.T) {
	n := single(t)
	for i := range 15 {
		create(t, n, "orders", fmt.Sprint("number ", i))
		if err := n.Delete(t.Context(), function.Reference{Key: key("orders")}); err != nil {
			t.Fatal(err)
		}
	}
	create(t, n, "orders", "last")
	update(t, n, "orders", "really last", false)
	if got := n.runtime.now()[account+"/orders"]; got != "really last 128 MiB ×1000" {
		t.Errorf("in service: %s", got)
	}
}
