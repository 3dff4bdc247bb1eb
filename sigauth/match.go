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
	room, _ := v.scratch.Get().(*scratch)
	defer v.scratch.Put(room)
	defer room.trim()
	if !a.matches(key, room) && !a.matchesOtherHost(key, room) {
		return nil, v.mismatch(a, key, room)
	}
	if !cached {
		v.keys.put(&a.scope, key)
	}
	return key, nil
}

// scratch is room to write a request's canonical form, its string to sign and its signature in.
type scratch struct{ request, text, sum, signature []byte }

// trim lets go of what an unusually large request took.
func (s *scratch) trim() {
	const keep = 64 << 10
	if cap(s.request) > keep {
		s.request = nil
	}
}

// matches compares in constant time. The scratch holds what was calculated afterwards.
func (a *attempt) matches(key *signingKey, room *scratch) bool {
	a.calculate(key, room)
	var claimed [2 * sha256.Size]byte
	if len(a.claim.signature) != len(claimed) {
		return false
	}
	copy(claimed[:], a.claim.signature)
	return subtle.ConstantTimeCompare(room.signature, claimed[:]) == 1
}

func (a *attempt) calculate(key *signingKey, room *scratch) {
	room.request = a.canonical.append(room.request[:0])
	room.text = appendStringToSign(room.text[:0], a.timestamp, &a.scope, room.request)
	room.sum = key.sign(room.sum[:0], room.text)
	room.signature = hex.AppendEncode(room.signature[:0], room.sum)
}

// matchesOtherHost tries the other spellings of the same host: clients and proxies do not agree on whether a scheme's
// default port is written out.
func (a *attempt) matchesOtherHost(key *signingKey, room *scratch) bool {
	for _, host := range equivalentHosts(a.canonical.host) {
		other := *a
		other.canonical.host = host
		if other.matches(key, room) {
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
func (v *Verifier) mismatch(a *attempt, key *signingKey, room *scratch) *Error {
	cause, line := CauseWrongSecretOrChangedRequest, "wrong secret or changed request: the signature of access key "+
		quote(a.scope.accessKeyID)+" does not match: compare the client's secret with the configured one, and look for a "+
		"proxy that rewrites host, path or headers (a captured request can be explained with \"queuelet auth explain\")"
	if hashes := headerValues(a.canonical.request.Header, strings.ToLower(nameContentHash)); len(hashes) > 0 &&
		hashes[0] != a.canonical.payload {
		claimed := *a
		claimed.canonical.payload = hashes[0]
		switch {
		case claimed.matches(key, room) && isHash(hashes[0]):
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
		a.calculate(key, room)
		var text strings.Builder
		text.WriteString(mismatchMessage + "\n\nThe Canonical String for this request should have been\n'")
		text.Write(room.request)
		text.WriteString("'\n\nThe String-to-Sign should have been\n'")
		text.Write(room.text)
		text.WriteString("'\n")
		message = text.String()
	}
	return mismatch(cause, message, line)
}

// isHash reports whether a text is a SHA-256 in lower-case hexadecimal.
func isHash(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}
