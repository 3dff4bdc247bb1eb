package sigauth

import (
	"fmt"
	"net/http"
	"strings"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
)

// The names of a signature's parts in the query of a presigned request; three of them are headers too.
//
//nolint:gosec // names, no credentials
const (
	nameAlgorithm     = "X-Amz-Algorithm"
	nameCredential    = "X-Amz-Credential"
	nameDate          = "X-Amz-Date"
	nameExpires       = "X-Amz-Expires"
	nameSignedHeaders = "X-Amz-SignedHeaders"
	nameSignature     = "X-Amz-Signature"
	nameToken         = "X-Amz-Security-Token"
	nameContentHash   = "X-Amz-Content-Sha256"
)

// claim is what a request says about its own signature, as sent and before anything is believed.
type claim struct {
	presigned     bool
	credential    string
	signedHeaders string
	signature     string
	date          string
	expires       string
	hasExpires    bool
	token         string
}

// accessKeyID is the key the claim names, before the credential is known to be well formed.
func (c *claim) accessKeyID() string {
	key, _, _ := strings.Cut(c.credential, "/")
	return key
}

// readClaim finds the signature of a request in its header or its query: checks 2 to 7 of AWS's order.
func readClaim(r *http.Request, parameters []parameter) (claim, *Error) {
	authorization := r.Header["Authorization"]
	queryAlgorithm, presigned := firstParameter(parameters, nameAlgorithm)
	signed := len(authorization) > 1 || len(authorization) == 1 && authorization[0] != ""
	switch {
	case signed && presigned:
		return claim{}, mismatch(CauseMalformed, "",
			"the request is signed both in the Authorization header and in its query: let the client sign only once")
	case presigned:
		return readPresigned(r, parameters, queryAlgorithm)
	case !signed:
		return claim{}, &Error{
			Code: CodeMissingAuthenticationToken, Status: http.StatusForbidden,
			Message: "Request is missing Authentication Token", Cause: CauseUnsigned,
			line: "the request is not signed: give the client an access key and its secret",
		}
	case len(authorization) > 1:
		return claim{}, malformed(
			fmt.Sprintf("Authorization header must be given once, got %d.", len(authorization)),
			"the request has several Authorization headers: a proxy or a second signer adds its own, let one of them do it")
	default:
		return readAuthorization(r.Header, authorization[0])
	}
}

// readAuthorization reads the header form. Of a part given twice the last one counts; blanks around the commas do not.
func readAuthorization(header http.Header, value string) (claim, *Error) {
	scheme, rest, _ := strings.Cut(value, " ")
	// AWS names the algorithm only when the scheme is one of its own; "Bearer x" fails as a part without equal-sign.
	if scheme != algorithm && strings.HasPrefix(scheme, "AWS4-") {
		return claim{}, unsupportedAlgorithm(scheme)
	}
	var found claim
	var hasCredential, hasSignature, hasSignedHeaders bool
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		part = strings.Trim(part, blanks)
		if part == "" {
			continue
		}
		name, content, ok := strings.Cut(part, "=")
		if !ok {
			return claim{}, malformed(
				"'"+part+"' not a valid key=value pair (missing equal-sign) in Authorization header: '"+value+"'.",
				"the Authorization header is not a Signature Version 4 one: sign with an AWS SDK or compatible client")
		}
		switch name {
		case "Credential":
			found.credential, hasCredential = content, true
		case "Signature":
			found.signature, hasSignature = content, true
		case "SignedHeaders":
			found.signedHeaders, hasSignedHeaders = content, true
		}
	}
	date, hasDate := headerDate(header)
	if !hasCredential || !hasSignature || !hasSignedHeaders || !hasDate {
		return claim{}, incompleteHeader(hasCredential, hasSignature, hasSignedHeaders, hasDate, value)
	}
	found.date = date
	if scheme != algorithm {
		return claim{}, unsupportedAlgorithm(scheme)
	}
	found.token = header.Get(nameToken)
	return found, nil
}

// headerDate is the value that dates a request signed in its header: X-Amz-Date, or Date when that is missing.
func headerDate(header http.Header) (string, bool) {
	for _, name := range []string{nameDate, "Date"} {
		if values := header[name]; len(values) > 0 {
			return values[0], true
		}
	}
	return "", false
}

func incompleteHeader(hasCredential, hasSignature, hasSignedHeaders, hasDate bool, value string) *Error {
	var message strings.Builder
	for _, part := range []struct {
		present bool
		text    string
	}{
		{hasCredential, "Authorization header requires 'Credential' parameter. "},
		{hasSignature, "Authorization header requires 'Signature' parameter. "},
		{hasSignedHeaders, "Authorization header requires 'SignedHeaders' parameter. "},
		{hasDate, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "},
	} {
		if !part.present {
			message.WriteString(part.text)
		}
	}
	message.WriteString("Authorization=" + value)
	return malformed(message.String(),
		"the signature in the Authorization header lacks a part: sign with an AWS SDK, or check that no proxy drops headers")
}

// readPresigned reads the query form. Of a parameter given twice the first one counts.
func readPresigned(r *http.Request, parameters []parameter, queryAlgorithm string) (claim, *Error) {
	if queryAlgorithm != algorithm {
		return claim{}, unsupportedAlgorithm(queryAlgorithm)
	}
	found := claim{presigned: true}
	var missing strings.Builder
	for _, part := range []struct {
		name   string
		target *string
	}{
		{nameCredential, &found.credential},
		{nameSignature, &found.signature},
		{nameSignedHeaders, &found.signedHeaders},
		{nameDate, &found.date},
	} {
		value, ok := firstParameter(parameters, part.name)
		if !ok {
			missing.WriteString("AWS query-string parameters must include '" + part.name + "'. ")
		}
		*part.target = value
	}
	if missing.Len() > 0 {
		return claim{}, malformed(missing.String()+"Re-examine the query-string parameters.",
			"the presigned URL lacks a part of its signature: it was cut or changed after it was made, make a new one")
	}
	found.expires, found.hasExpires = firstParameter(parameters, nameExpires)
	token, hasToken := firstParameter(parameters, nameToken)
	if !hasToken {
		token = r.Header.Get(nameToken)
	}
	found.token = token
	return found, nil
}

func unsupportedAlgorithm(name string) *Error {
	return malformed("Unsupported AWS 'algorithm': '"+name+"'.",
		"the request is signed with "+quote(name)+": let the client use Signature Version 4 ("+algorithm+")")
}
