package sigauth

import (
	"bytes"
	"net/http"
	"strings"
)

// hypothesis is one change that may have happened to a request between client and server, undone.
type hypothesis struct {
	text string
	undo func(*attempt)
}

// explainMismatch tries the changes that usually break a signature, one at a time, and tells the first that makes it match:
// what is left is proven right then. Its text is empty when none does.
func explainMismatch(a *attempt, credential *Credential, body []byte) (Cause, string) {
	var room scratch
	key := deriveKey(credential, &a.scope)
	for _, h := range hypotheses(a, body) {
		undone := *a
		h.undo(&undone)
		if undone.matches(key, &room) {
			return CauseChangedRequest, "the secret is right and " + h.text
		}
	}
	for _, h := range secretHypotheses(credential.SecretAccessKey) {
		other := *credential
		other.SecretAccessKey = h.secret
		if a.matches(deriveKey(&other, &a.scope), &room) {
			return CauseWrongSecretOrChangedRequest, "the request is as it was signed, but " + h.text
		}
	}
	return "", ""
}

func hypotheses(a *attempt, body []byte) []hypothesis {
	all := payloadHypotheses(a, body)
	all = append(all, hostHypotheses(a.canonical.host)...)
	all = append(all, pathHypotheses(a.canonical.request)...)
	all = append(all, queryHypotheses(a)...)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead} {
		all = append(all, hypothesis{
			text: "the request was signed as a " + method + " and arrived as a " + quote(a.canonical.method) +
				": a redirect or a proxy changed the method",
			undo: func(undone *attempt) { undone.canonical.method = method },
		})
	}
	return all
}

func payloadHypotheses(a *attempt, body []byte) []hypothesis {
	payload := func(hash string) func(*attempt) {
		return func(undone *attempt) { undone.canonical.payload = hash }
	}
	all := []hypothesis{
		{
			text: "the request was signed without its body: let the client sign the payload",
			undo: payload(hashText(nil)),
		},
		{
			text: "the payload is not signed (UNSIGNED-PAYLOAD), which only S3 accepts: let the client sign the payload",
			undo: payload("UNSIGNED-PAYLOAD"),
		},
		{
			text: "the body has a line end too many, probably from the capture",
			undo: payload(hashText(bytes.TrimRight(body, "\r\n"))),
		},
		{
			text: "the line ends of the body were changed from LF to CRLF, probably by the capture",
			undo: payload(hashText(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))),
		},
	}
	if claimed := a.canonical.request.Header.Get(nameContentHash); claimed != "" {
		all = append(all, hypothesis{
			text: "the body is not the one that was signed: X-Amz-Content-Sha256 says " + quote(claimed) + ", the body received " +
				"has " + a.canonical.payload,
			undo: payload(claimed),
		})
	}
	return all
}

func hostHypotheses(host string) []hypothesis {
	bare, port := host, ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		bare, port = host[:colon], host[colon:]
	}
	var all []hypothesis
	for _, other := range []string{bare, strings.ToLower(host), "localhost" + port, "127.0.0.1" + port} {
		all = append(all, hypothesis{
			text: "the host was signed as " + quote(other) + " and arrived as " + quote(host) +
				": let the client sign the Host header it sends, and the proxy pass it on",
			undo: func(undone *attempt) { undone.canonical.host = other },
		})
	}
	return all
}

// pathHypotheses are paths that were not normalised, not encoded twice, or lengthened or cut by a proxy's prefix rule.
func pathHypotheses(r *http.Request) []hypothesis {
	sent := requestPath(r)
	path := func(text, path string) hypothesis {
		return hypothesis{text: text, undo: func(undone *attempt) { undone.canonical.path = path }}
	}
	all := []hypothesis{
		path("the path was signed as it is; it must be normalised and encoded twice", sent),
		path("the path was signed encoded only once; it must be encoded twice", canonicalPath(r.URL.Path)),
		path("the path was signed without being normalised", string(appendEscapedPath(nil, sent))),
	}
	const deepest = 8
	for rest := strings.TrimPrefix(sent, "/"); rest != "" && len(all) < deepest; {
		_, rest, _ = strings.Cut(rest, "/")
		shorter := "/" + rest
		all = append(all, path("the path was signed as "+quote(shorter)+" and arrived as "+quote(sent)+": a proxy adds a "+
			"prefix, let it pass the path on unchanged", canonicalPath(shorter)))
	}
	return all
}

func appendEscapedPath(dst []byte, path string) []byte {
	for i := range len(path) {
		if path[i] == '/' {
			dst = append(dst, '/')
		} else {
			dst = appendEscaped(dst, path[i])
		}
	}
	return dst
}

func queryHypotheses(a *attempt) []hypothesis {
	raw := a.canonical.request.URL.RawQuery
	all := []hypothesis{{
		text: "the request was signed without its query string",
		undo: func(undone *attempt) { undone.canonical.query = nil },
	}}
	if literal, fault := parseQuery(strings.ReplaceAll(raw, "+", "%2B")); fault == nil && strings.Contains(raw, "+") {
		without := ""
		if a.claim.presigned {
			without = nameSignature
		}
		literal = sortParameters(literal, without)
		all = append(all, hypothesis{
			text: "a '+' in the query was signed as a plus sign; it means a blank: let the client send a plus sign as %2B",
			undo: func(undone *attempt) { undone.canonical.query = literal },
		})
	}
	return all
}

type secretHypothesis struct{ text, secret string }

// secretHypotheses are the ways in which secrets are mistyped without anyone seeing it.
func secretHypotheses(secret string) []secretHypothesis {
	const configured = "the configured secret has blanks or a line end around it that the client's has not: remove them"
	const client = "the client's secret has %s around it that the configured one has not: correct the client's " +
		"AWS_SECRET_ACCESS_KEY"
	say := func(what string) string { return strings.Replace(client, "%s", what, 1) }
	return []secretHypothesis{
		{configured, strings.TrimSpace(secret)},
		{say("a line end"), secret + "\n"},
		{say("a line end"), secret + "\r\n"},
		{say("a carriage return"), secret + "\r"},
		{say("a blank"), secret + " "},
		{say("a blank"), " " + secret},
		{say("quotation marks"), `"` + secret + `"`},
		{say("quotation marks"), "'" + secret + "'"},
	}
}
