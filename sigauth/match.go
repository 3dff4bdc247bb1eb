package sigauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// attempt is a request ready to be compared with its signature.
type attempt struct {
	canonical canonical
	claim     *claim
	scope     scope
	timestamp string
}

const mismatchMessage = "The request signature we calculated does not match the signature you provided. Check your AWS " +
	"Secret Access Key and signing method. Consult the service documentation for details."

// match compares a request with its signature: check 16 of AWS's order.
func (v *Verifier) match(a *attempt, credential *Credential) (*signingKey, *Error) {
	key, cached := v.keys.get(&a.scope, credential.SecretAccessKey)
	if !cached {
		key = deriveKey(credential, &a.scope)
	}
	buffer, _ := v.buffers.Get().(*[]byte)
	matched := a.matches(key, buffer) || a.matchesOtherHost(key, buffer)
	var fault *Error
	if !matched {
		fault = v.mismatch(a, key, buffer)
	}
	const keep = 64 << 10 // a larger buffer is not worth keeping for the next request
	if cap(*buffer) <= keep {
		v.buffers.Put(buffer)
	}
	if fault == nil && !cached {
		v.keys.put(&a.scope, key)
	}
	return key, fault
}

// matches compares in constant time. The buffer is scratch and holds the canonical request afterwards.
func (a *attempt) matches(key *signingKey, buffer *[]byte) bool {
	const length = 2 * sha256.Size
	if len(a.claim.signature) != length {
		return false
	}
	*buffer = a.canonical.append((*buffer)[:0])
	var room [256]byte
	sum := sign(key.key[:], appendStringToSign(room[:0], a.timestamp, a.scope, *buffer))
	var calculated, claimed [length]byte
	hex.Encode(calculated[:], sum[:])
	copy(claimed[:], a.claim.signature)
	return subtle.ConstantTimeCompare(calculated[:], claimed[:]) == 1
}

// matchesOtherHost tries the other spellings of the same host: clients and proxies do not agree on whether a scheme's
// default port is written out.
func (a *attempt) matchesOtherHost(key *signingKey, buffer *[]byte) bool {
	for _, host := range equivalentHosts(a.canonical.host) {
		other := *a
		other.canonical.host = host
		if other.matches(key, buffer) {
			return true
		}
	}
	return false
}

// equivalentHosts are the spellings of a host with and without the default port of HTTP and HTTPS.
func equivalentHosts(host string) []string {
	for _, port := range []string{":80", ":443"} {
		if bare, found := strings.CutSuffix(host, port); found {
			return []string{bare}
		}
	}
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return nil
	}
	return []string{host + ":80", host + ":443"}
}

// mismatch tells a wrong signature as finely as one request allows. When the request names the hash of its payload and the
// signature is right for that hash, the secret is proven right and the body is not the one that was signed.
func (v *Verifier) mismatch(a *attempt, key *signingKey, buffer *[]byte) *Error {
	cause, line := CauseWrongSecretOrChangedRequest, "wrong secret or changed request: the signature of access key "+
		quote(a.scope.accessKeyID)+" does not match: compare the client's secret with the configured one, and look for a "+
		"proxy that rewrites host, path or headers (a captured request can be explained with \"queuelet auth explain\")"
	if hashes := headerValues(a.canonical.request.Header, strings.ToLower(nameContentHash)); len(hashes) > 0 &&
		hashes[0] != a.canonical.payload {
		claimed := *a
		claimed.canonical.payload = hashes[0]
		switch {
		case claimed.matches(key, buffer) && isHash(hashes[0]):
			cause, line = CauseChangedRequest, "changed request: the secret of access key "+quote(a.scope.accessKeyID)+
				" is right, but the body is not the one that was signed: look for a proxy that rewrites bodies"
		case !isHash(hashes[0]):
			line = "the request of access key " + quote(a.scope.accessKeyID) + " does not sign its payload (" +
				quote(hashes[0]) + "), which only S3 accepts: let the client sign payloads"
		default:
			line = "wrong secret or changed request: neither the signature of access key " + quote(a.scope.accessKeyID) +
				" nor the hash of the payload match, so at least the body was changed after signing: look for a proxy that " +
				"rewrites bodies"
		}
	}
	message := mismatchMessage
	if v.explain {
		*buffer = a.canonical.append((*buffer)[:0])
		var text strings.Builder
		text.WriteString(mismatchMessage + "\n\nThe Canonical String for this request should have been\n'")
		text.Write(*buffer)
		text.WriteString("'\n\nThe String-to-Sign should have been\n'")
		text.Write(appendStringToSign(nil, a.timestamp, a.scope, *buffer))
		text.WriteString("'\n")
		message = text.String()
	}
	return mismatch(cause, message, line)
}

// isHash reports whether a text is a SHA-256 in lower-case hexadecimal.
func isHash(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}
