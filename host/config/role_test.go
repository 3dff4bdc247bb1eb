package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoRoles = `
sqs: {auth: {credentials: [{access_key_id: a, secret_access_key: s, account_id: "111111111111"}, {access_key_id: b, secret_access_key: s, account_id: "222222222222"}]}}
roles:
  - {name: worker, grants: {queues: [orders-*], secrets: {TOKEN: hush}}}
  - {name: worker, account_id: "222222222222", grants: {extend: true}}
  - {name: nothing}
functions:
  - {name: f, path: f.wasm, role: worker}
  - {name: g, path: g.wasm, role: worker, account_id: "222222222222"}
`

func TestRoles(t *testing.T) {
	source := Source{Text: twoRoles}
	c := mustLoad(t, source)
	first := FunctionGrants{Queues: []string{"orders-*"}, Secrets: map[string]Secret{"TOKEN": "hush"}}
	want := []Role{
		{Name: "worker", AccountID: "111111111111", Grants: first},
		{Name: "worker", AccountID: "222222222222", Grants: FunctionGrants{Extend: true}},
		{Name: "nothing", AccountID: "111111111111"},
	}
	if d := cmp.Diff(want, c.Roles); d != "" {
		t.Errorf("roles (-want +got):\n%s", d)
	}
	// A function gets the grants of the role of its own account.
	if d := cmp.Diff([]FunctionGrants{first, {Extend: true}}, []FunctionGrants{c.Functions[0].Grants, c.Functions[1].Grants}); d != "" {
		t.Errorf("grants of functions (-want +got):\n%s", d)
	}
	settings, err := Settings(source)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprint(settings)
	if strings.Contains(shown, "hush") || strings.Contains(shown, "functions[f].grants") {
		t.Errorf("the settings show the secret, or the grants twice: %s", shown)
	}
	if want := "roles[111111111111/worker].grants.queues[0] orders-*"; !strings.Contains(shown, want) {
		t.Errorf("the settings do not show %s: %s", want, shown)
	}
	changes := Diff(c, mustLoad(t, Source{Text: strings.Replace(twoRoles, "orders-*", "orders", 1)}))
	if len(changes) != 1 || changes[0].Key != "roles[111111111111/worker].grants.queues[0]" || changes[0].Restart {
		t.Errorf("another grant of a role changes %v", changes)
	}
}

func TestRoleMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"roles: [{grants: {extend: true}}]":                    "roles[0].name: is missing",
		"roles: [{name: a/b}]":                                 "is not the name of a role",
		"roles: [{name: 'arn:aws:iam::000000000000:role/a'}]":  "is not the name of a role",
		"roles: [{name: a}, {name: a}]":                        "is the name of two roles",
		"roles: [{name: a, account_id: '111111111111'}]":       "no credential belongs to",
		"roles: [{name: a, grants: {kv: {}}}]":                 "roles[0].grants.kv.quota: is missing",
		"functions: [{name: f, path: p, role: a, grants: {}}]": "functions[0].role: is given beside grants",
		"functions: [{name: f, path: p, role: worked}]":        "is not among the roles of account 000000000000",
		"functions: [{name: f, path: p, role: ''}]":            "is not the name of a role",
	} {
		if got := loadText(t, text+"\n").Explain(); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
	got := loadText(t, strings.Replace(twoRoles, "path: f.wasm, role: worker", "path: f.wasm, role: workers", 1)).Explain()
	if !strings.Contains(got, "did you mean worker?") {
		t.Errorf("a role with a letter too much: %s", got)
	}
	// The role of another account is none of the function's.
	got = loadText(t, strings.Replace(twoRoles, "role: worker, account_id", "role: nothing, account_id", 1)).Explain()
	if !strings.Contains(got, `functions[1].role: "nothing" is not among the roles of account 222222222222`) {
		t.Errorf("a role of another account: %s", got)
	}
}
