package function

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Latest is the qualifier of the version that changes.
const Latest = "$LATEST"

// Key names a function.
type Key struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// ID is the function's name in the process: in metrics, logs and the runtime. A function of the configuration file has
// its plain name there, which has no slash.
func (k Key) ID() string { return k.Account + "/" + k.Name }

// Reference names a function and, with a qualifier, one of its versions or aliases.
type Reference struct {
	Key

	Qualifier string // "" means $LATEST
}

// ID is the key's, with the qualifier after a colon if there is one.
func (r Reference) ID() string {
	if r.Qualifier == "" || r.Qualifier == Latest {
		return r.Key.ID()
	}
	return r.Key.ID() + ":" + r.Qualifier
}

// ParseID is the inverse of [Reference.ID].
func ParseID(id string) (Reference, bool) {
	account, rest, found := strings.Cut(id, "/")
	name, qualifier, _ := strings.Cut(rest, ":")
	return Reference{Key{account, name}, qualifier}, found && name != ""
}

// Patterns of the API reference's CreateFunction, CreateAlias and Invoke.
var (
	namePattern        = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	aliasPattern       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	numberPattern      = regexp.MustCompile(`^[0-9]{1,18}$`)
	accountPattern     = regexp.MustCompile(`^[0-9]{12}$`)
	environmentPattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)
	partitionPattern   = regexp.MustCompile(`^aws[a-zA-Z-]*$`)
)

const (
	functionType = "function"
	serviceName  = "lambda"
)

// Scope is where references without a full ARN are looked up.
type Scope struct{ Region, Account string }

// ParseReference reads the forms in which Lambda takes a function's name: the name, an ARN, or the part of it that
// begins with the account, each with or without a qualifier.
func (s Scope) ParseReference(text string) (Reference, error) {
	parts := strings.Split(text, ":")
	region, account := s.Region, s.Account
	switch {
	case len(parts) > 3 && parts[0] == "arn":
		if len(parts) < 7 || !partitionPattern.MatchString(parts[1]) || parts[2] != serviceName || parts[5] != functionType {
			return Reference{}, invalidName(text)
		}
		region, account, parts = parts[3], parts[4], parts[6:]
	case len(parts) > 2 && parts[1] == functionType:
		account, parts = parts[0], parts[2:]
	case len(parts) > 1 && parts[0] == functionType:
		parts = parts[1:]
	}
	r := Reference{Key: Key{Account: account, Name: parts[0]}}
	if len(parts) > 1 {
		r.Qualifier = parts[1]
	}
	switch {
	case len(parts) > 2 || !namePattern.MatchString(r.Name) || !accountPattern.MatchString(account):
		return Reference{}, invalidName(text)
	case len(parts) > 1 && !isQualifier(r.Qualifier):
		return Reference{}, invalidQualifier(r.Qualifier)
	case region != s.Region:
		return Reference{}, refuse(CodeNotFound, "Functions from '%s' are not reachable in this region ('%s')", region, s.Region)
	case account != s.Account:
		return Reference{}, refuse(CodeAccessDenied, "The function %s belongs to another account.", ARN(s.Region, r))
	}
	return r, nil
}

// Qualify adds the qualifier of a request's query to a reference, which may have the same one already.
func (r Reference) Qualify(qualifier string) (Reference, error) {
	switch {
	case qualifier == "":
		return r, nil
	case !isQualifier(qualifier):
		return r, invalidQualifier(qualifier)
	case r.Qualifier != "" && r.Qualifier != qualifier:
		return r, refuse(CodeInvalid, "The derived qualifier from the function name does not match the specified qualifier.")
	}
	r.Qualifier = qualifier
	return r, nil
}

func isQualifier(text string) bool {
	return text == Latest || aliasPattern.MatchString(text)
}

func isNumber(text string) bool { return numberPattern.MatchString(text) }

// versionNumber reads a version as requests name it; $LATEST is 0.
func versionNumber(text string) (int, bool) {
	if text == "" || text == Latest {
		return 0, true
	}
	if !isNumber(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0
}

// versionName is the inverse of versionNumber.
func versionName(number int) string {
	if number == 0 {
		return Latest
	}
	return strconv.Itoa(number)
}

// ARN is the Amazon Resource Name of a function, with the qualifier if there is one.
func ARN(region string, r Reference) string {
	arn := "arn:aws:" + serviceName + ":" + region + ":" + r.Account + ":" + functionType + ":" + r.Name
	if r.Qualifier != "" {
		arn += ":" + r.Qualifier
	}
	return arn
}

// excerptLength bounds what of a stranger's text an answer repeats.
const excerptLength = 256

func excerpt(text string) string { return text[:min(len(text), excerptLength)] }

func invalidName(text string) *Error {
	return refuse(CodeConstraint, "1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: "+
		"Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?"+
		"-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?", excerpt(text))
}

func invalidQualifier(text string) *Error {
	return refuse(CodeConstraint, "1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "+
		"Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)", excerpt(text))
}

func compareKeys(a, b Key) int {
	return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Name, b.Name))
}
