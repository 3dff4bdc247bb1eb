package function

import "strings"

// Role names an IAM role, of which only the name is known here.
type Role struct{ Account, Name string }

// ARN is the Amazon Resource Name of the role without a path.
func (r Role) ARN() string { return "arn:aws:iam::" + r.Account + ":role/" + r.Name }

// ParseRole reads the ARN of a role. A path before its name says nothing: names are unique in an account (IAM user
// guide, "IAM identifiers").
func ParseRole(arn string) (Role, bool) {
	// arn:partition:iam::account:role/path/name
	const fields, partition, service, region, account, resource = 6, 1, 2, 3, 4, 5
	parts := strings.Split(arn, ":")
	if len(parts) != fields || parts[0] != "arn" || !partitionPattern.MatchString(parts[partition]) ||
		parts[service] != "iam" || parts[region] != "" || !accountPattern.MatchString(parts[account]) {
		return Role{}, false
	}
	path, isRole := strings.CutPrefix(parts[resource], "role/")
	name := path[strings.LastIndexByte(path, '/')+1:]
	return Role{Account: parts[account], Name: name}, isRole && name != ""
}
