package config

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Role is what functions may ask the host for that name it as theirs: deployed ones by the
// ARN of an IAM role, those of the configuration by its name.
type Role struct {
	Name      string
	AccountID string // whose functions it is for, and no others
	Grants    FunctionGrants
}

// rolePattern is IAM's for the names of roles (AWS IAM API reference, CreateRole).
var rolePattern = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

func roleName(text string) error {
	return match(rolePattern, "is not the name of a role",
		"write 1 to 64 letters, digits and _+=,.@-, without the arn:aws:iam::…:role/ before it")(text)
}

func (d *decoder) role(c *Config) reading {
	return d.list(func(path string, n ast.Node) {
		var v Role
		d.object(path, n, map[string]reading{
			"name":       d.text(&v.Name, roleName),
			"account_id": d.text(&v.AccountID, accountID),
			"grants":     d.functionGrants(&v.Grants),
		})
		d.require(path, n, "name")
		c.Roles = append(c.Roles, v)
	})
}

func (d *decoder) checkRoles(c *Config) {
	seen := make(map[string]bool)
	for i, r := range c.Roles {
		d.checkOwned(c, fmt.Sprintf("roles[%d]", i), "roles", r.Name, r.AccountID, seen)
	}
}

// checkRoleOf wants the role of a function to be one of its account.
func (d *decoder) checkRoleOf(key string, f Function, c *Config) {
	account := c.account(f.AccountID)
	var known []string
	for _, r := range c.Roles {
		if c.account(r.AccountID) == account {
			known = append(known, r.Name)
		}
	}
	if f.Role != "" && !slices.Contains(known, f.Role) {
		d.fail(CodeConflict, key, f.Role, unknownName("is not among the roles of account "+account, f.Role, known))
	}
}

// assumeRoles gives functions with a role its grants.
func (c *Config) assumeRoles() {
	for i := range c.Functions {
		f := &c.Functions[i]
		for _, r := range c.Roles {
			if f.Role != "" && r.Name == f.Role && r.AccountID == f.AccountID {
				f.Grants = r.Grants
			}
		}
	}
}
