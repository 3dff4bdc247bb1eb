package sigauth

import (
	"fmt"
	"strings"
)

// scope is what a signing key is good for.
type scope struct {
	accessKeyID string
	date        string // YYYYMMDD
	region      string
	service     string
	terminator  string
	text        string // all but the access key, as the string to sign has it
}

// readScope takes a Credential apart: check 12 of AWS's order.
func readScope(credential string) (scope, *Error) {
	const parts = 5
	if strings.Count(credential, "/") != parts-1 {
		return scope{}, malformed("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/"+
			"term, got '"+credential+"'",
			"the credential "+quote(credential)+" is not of the form key/date/region/service/aws4_request: sign with an AWS "+
				"SDK, with an access key that has no slash")
	}
	var read scope
	read.accessKeyID, read.text, _ = strings.Cut(credential, "/")
	rest := read.text
	read.date, rest, _ = strings.Cut(rest, "/")
	read.region, rest, _ = strings.Cut(rest, "/")
	read.service, read.terminator, _ = strings.Cut(rest, "/")
	return read, nil
}

// check compares a scope with what this server answers for: check 13 of AWS's order, whose texts are joined. An empty
// region means that any will do that looks like one.
func (s *scope) check(service, region string, signed signedTime) *Error {
	day := signed.text[:len("20060102")]
	goodRegion := looksLikeRegion(s.region) && (region == "" || s.region == region)
	if goodRegion && s.service == service && s.terminator == terminator && s.date == day {
		return nil
	}
	var message, differs strings.Builder
	if !goodRegion {
		fmt.Fprintf(&message, "Credential should be scoped to a valid region, not '%s'. ", s.region)
		differs.WriteString(" region " + quote(s.region))
	}
	if s.service != service {
		fmt.Fprintf(&message, "Credential should be scoped to correct service: '%s'. ", service)
		differs.WriteString(" service " + quote(s.service) + " instead of " + quote(service))
	}
	if s.terminator != terminator {
		fmt.Fprintf(&message, "Credential should be scoped with a valid terminator: '%s', not '%s'. ", terminator, s.terminator)
		differs.WriteString(" terminator " + quote(s.terminator))
	}
	if s.date != day {
		fmt.Fprintf(&message, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "+
			"'%s' != '%s', from '%s'.", s.date, day, signed.text)
		differs.WriteString(" day " + quote(s.date) + " instead of " + quote(day))
	}
	return mismatch(CauseScope, message.String(),
		"scope: the request is signed for"+differs.String()+": set the client's region and endpoint for this server")
}

// looksLikeRegion bounds what a region may be when any is accepted; emulators' users write "local" as well as "us-east-1".
func looksLikeRegion(region string) bool {
	const longest = 64
	if region == "" || len(region) > longest {
		return false
	}
	for i := range len(region) {
		if char := region[i]; !unreserved(char) || char == '.' || char == '~' {
			return false
		}
	}
	return true
}
