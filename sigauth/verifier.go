package sigauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Identity is who signed a request.
type Identity struct {
	AccessKeyID string
	AccountID   string
	// Principal is a stable id of the form "AIDA…", derived from the access key; SQS shows it as SenderId.
	Principal string
}

// Options configure a Verifier.
type Options struct {
	// Source holds the access keys that are accepted. Required.
	Source CredentialSource
	// Service is the signing name, "sqs", that [Verifier.Verify] expects in a credential's scope. Required.
	Service string
	// Region is the region a credential must be scoped to when EnforceRegion is set; otherwise any is accepted.
	Region        string
	EnforceRegion bool
	// Explain adds the canonical request and the string to sign to the message of a signature that does not match. They
	// repeat what the client sent, which helps its author and is of no use on a public listener.
	Explain bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// MaxSkew is how far the clocks may lie apart, either way; 0 means DefaultMaxSkew.
	MaxSkew time.Duration
}

// Verifier checks signatures. It is safe for concurrent use.
type Verifier struct {
	source  CredentialSource
	service string
	region  string // empty unless enforced
	explain bool
	now     func() time.Time
	skew    time.Duration
	keys    *keyCache
	scratch sync.Pool // of *scratch
}

// New makes a Verifier. It fails when the options are incomplete.
func New(options Options) (*Verifier, error) {
	switch {
	case options.Source == nil:
		return nil, errors.New("sigauth: options have no credential source")
	case options.Service == "":
		return nil, errors.New("sigauth: options name no service")
	case options.EnforceRegion && options.Region == "":
		return nil, errors.New("sigauth: options enforce a region and name none")
	case options.MaxSkew < 0:
		return nil, fmt.Errorf("sigauth: options allow a clock skew of %s: give a positive one", options.MaxSkew)
	}
	verifier := &Verifier{
		source: options.Source, service: options.Service, explain: options.Explain,
		now: options.Now, skew: options.MaxSkew, keys: newKeyCache(),
	}
	verifier.scratch.New = func() any { return new(scratch) }
	if options.EnforceRegion {
		verifier.region = options.Region
	}
	if verifier.now == nil {
		verifier.now = time.Now
	}
	if verifier.skew == 0 {
		verifier.skew = DefaultMaxSkew
	}
	return verifier, nil
}

// Verify checks the signature of a request for the service of the options. The caller has read the body and bounded it;
// r.Body is not touched. An error is always an [*Error].
func (v *Verifier) Verify(r *http.Request, body []byte) (Identity, error) {
	return v.VerifyService(r, body, v.service)
}

// VerifyService is Verify for another service on the same credentials, such as "lambda".
func (v *Verifier) VerifyService(r *http.Request, body []byte, service string) (Identity, error) {
	identity, fault := v.verify(r, body, service)
	if fault != nil {
		return Identity{}, fault
	}
	return identity, nil
}

// verify makes AWS's checks in AWS's order; each helper names the numbers of its own.
func (v *Verifier) verify(r *http.Request, body []byte, service string) (Identity, *Error) {
	parameters, fault := parseQuery(r.URL.RawQuery) // 1
	if fault != nil {
		return Identity{}, fault
	}
	claimed, fault := readClaim(r, parameters)
	if fault != nil {
		return Identity{}, fault
	}
	identity, fault := v.verifyClaim(r, parameters, &claimed, body, service)
	if fault != nil {
		fault.AccessKeyID = cut(claimed.accessKeyID())
		return Identity{}, fault
	}
	return identity, nil
}

func (v *Verifier) verifyClaim(
	r *http.Request, parameters []parameter, claimed *claim, body []byte, service string,
) (Identity, *Error) {
	signed, fault := readSignedHeaders(claimed.signedHeaders)
	if fault != nil {
		return Identity{}, fault
	}
	if fault = checkSignedHeaders(r.Header, signed); fault != nil {
		return Identity{}, fault
	}
	when, fault := readTime(claimed)
	if fault != nil {
		return Identity{}, fault
	}
	now := v.now()
	if fault = checkClock(when, now, v.skew); fault != nil {
		return Identity{}, fault
	}
	within, fault := readScope(claimed.credential)
	if fault != nil {
		return Identity{}, fault
	}
	if fault = within.check(service, v.region, when); fault != nil {
		return Identity{}, fault
	}
	credential, fault := v.credential(&within, claimed.token, now)
	if fault != nil {
		return Identity{}, fault
	}
	attempt := attempt{
		canonical: canonicalise(r, parameters, claimed, signed, body),
		claim:     claimed, scope: within, timestamp: when.text,
	}
	key, fault := v.match(&attempt, &credential)
	if fault != nil {
		return Identity{}, fault
	}
	return Identity{AccessKeyID: credential.AccessKeyID, AccountID: credential.AccountID, Principal: key.principal}, nil
}

// checkSignedHeaders insists that the host and every x-amz-* header is signed: check 8 of AWS's order. What decides over a
// request, such as X-Amz-Target, could otherwise be changed under its signature.
func checkSignedHeaders(header http.Header, signed []string) *Error {
	if !slices.Contains(signed, "host") && !slices.Contains(signed, ":authority") {
		return mismatch(CauseUnsignedHeader, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
			"the signature does not cover the Host header: sign with an AWS SDK")
	}
	unsigned := ""
	for name := range header {
		if !strings.HasPrefix(name, "X-Amz-") || unsigned != "" && name > unsigned {
			continue
		}
		if _, found := slices.BinarySearch(signed, strings.ToLower(name)); !found {
			unsigned = name
		}
	}
	if unsigned == "" {
		return nil
	}
	return mismatch(CauseUnsignedHeader,
		"'"+unsigned+"' must be a 'SignedHeader' in the AWS Authorization.",
		"the signature does not cover the header "+quote(unsigned)+": a proxy adds it, or the client sets it after signing; "+
			"remove it or let it be signed")
}

// credential finds the key of a scope and checks the session token that goes with it: checks 14 and 15 of AWS's order. An
// unknown key costs less time than a wrong signature; that hides nothing, because the answers differ.
func (v *Verifier) credential(within *scope, token string, now time.Time) (Credential, *Error) {
	credential, known := v.source.Credential(within.accessKeyID)
	switch {
	case !known:
		return Credential{}, invalidToken(CauseUnknownKey, "The security token included in the request is invalid.",
			"unknown key: access key "+quote(within.accessKeyID)+" is not configured: add it to the credentials, or correct "+
				"the client's access key id")
	case subtle.ConstantTimeCompare([]byte(token), []byte(credential.SessionToken)) != 1:
		return Credential{}, invalidToken(CauseToken, "The security token included in the request is invalid",
			tokenLine(within.accessKeyID, token, credential.SessionToken))
	case !credential.Expires.IsZero() && !now.Before(credential.Expires):
		return Credential{}, &Error{
			Code: CodeExpiredToken, Status: http.StatusForbidden,
			Message: "The security token included in the request is expired", Cause: CauseToken,
			line: fmt.Sprintf("the credentials of access key %s expired at %s: give the client new ones",
				quote(within.accessKeyID), credential.Expires.UTC().Format(time.RFC3339)),
		}
	default:
		return credential, nil
	}
}

func tokenLine(accessKeyID, got, want string) string {
	switch {
	case want == "":
		return "access key " + quote(accessKeyID) + " has no session token and the request brings one: unset the client's " +
			"AWS_SESSION_TOKEN"
	case got == "":
		return "access key " + quote(accessKeyID) + " needs its session token: set the client's AWS_SESSION_TOKEN"
	default:
		return "the session token is not the one of access key " + quote(accessKeyID) + ": key and token of the client come " +
			"from different credentials"
	}
}

// canonicalise gathers what a signature covers.
func canonicalise(
	r *http.Request, parameters []parameter, claimed *claim, signed []string, body []byte,
) canonical {
	without := ""
	if claimed.presigned {
		without = nameSignature
	}
	return canonical{
		method: r.Method, path: canonicalPath(requestPath(r)), query: sortParameters(parameters, without), host: r.Host,
		request: r, signed: signed, payload: hashText(body),
	}
}

func hashText(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
