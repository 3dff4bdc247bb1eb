package sigauth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// blanks are the characters that are trimmed from header values and collapsed inside them.
const blanks = " \t"

// canonical holds everything a signature covers, each part in its canonical form or ready to be written in it.
type canonical struct {
	method  string
	path    string
	query   []parameter
	host    string
	request *http.Request
	signed  []string // lower case, sorted, each once
	payload string   // hex of the payload's hash
}

// append appends the canonical request.
func (c *canonical) append(dst []byte) []byte {
	dst = append(dst, c.method...)
	dst = append(dst, '\n')
	dst = append(dst, c.path...)
	dst = append(dst, '\n')
	dst = appendQuery(dst, c.query)
	dst = append(dst, '\n')
	for _, name := range c.signed {
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = c.appendHeader(dst, name)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	for i, name := range c.signed {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	return append(dst, c.payload...)
}

// appendHeader appends the values of one header, joined by commas in order of appearance. net/http keeps some headers
// elsewhere than in Header; a header that is signed but missing counts as an empty one.
func (c *canonical) appendHeader(dst []byte, name string) []byte {
	switch name {
	case "host", ":authority":
		return appendCollapsed(dst, c.host)
	case "transfer-encoding":
		return append(dst, strings.Join(c.request.TransferEncoding, ",")...)
	}
	values := headerValues(c.request.Header, name)
	if name == "content-length" && len(values) == 0 && c.request.ContentLength >= 0 {
		return strconv.AppendInt(dst, c.request.ContentLength, 10)
	}
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCollapsed(dst, value)
	}
	return dst
}

// headerValues looks a lower-case name up without allocating the canonical spelling http.Header is keyed by.
func headerValues(header http.Header, lower string) []string {
	var buffer [64]byte
	key := append(buffer[:0], lower...)
	upper := true
	for i, char := range key {
		if upper && 'a' <= char && char <= 'z' {
			key[i] = char - 'a' + 'A'
		}
		upper = char == '-'
	}
	return header[string(key)]
}

// appendCollapsed appends a header value without the blanks around it and with every run of blanks inside made one.
func appendCollapsed(dst []byte, value string) []byte {
	value = strings.Trim(value, blanks)
	blank := false
	for i := range len(value) {
		if char := value[i]; char != ' ' && char != '\t' {
			dst = append(dst, char)
			blank = false
		} else if !blank {
			dst = append(dst, ' ')
			blank = true
		}
	}
	return dst
}

// readSignedHeaders reads the list of signed headers into canonical order, whatever order and case it came in. It refuses
// what no header can be called: a line break among the names would let the list pose as another part of the request.
func readSignedHeaders(list string) ([]string, *Error) {
	names := strings.Split(strings.ToLower(list), ";")
	for _, name := range names {
		if name != ":authority" && !isToken(name) {
			return nil, malformed("'SignedHeaders' must be a ';'-separated list of header names, got '"+list+"'.",
				"the list of signed headers names "+quote(name)+", which is no header: sign with an AWS SDK")
		}
	}
	if !slices.IsSorted(names) {
		slices.Sort(names)
	}
	return slices.Compact(names), nil
}

// isToken reports whether a lower-case name fits RFC 9110's token.
func isToken(name string) bool {
	for i := range len(name) {
		if char := name[i]; !unreserved(char) && !strings.ContainsRune("!#$%&'*+^`|", rune(char)) {
			return false
		}
	}
	return name != ""
}

// requestPath is the path as the client sent it. Raw bytes that should have been escaped count as sent; net/http keeps
// such a path in RawPath.
func requestPath(r *http.Request) string {
	if r.URL.RawPath != "" {
		return r.URL.RawPath
	}
	return r.URL.EscapedPath()
}

// canonicalPath normalises a path ("." and ".." and empty segments go, a trailing slash stays) and encodes it once more:
// the path as sent is encoded already, which makes it AWS's "encoded twice".
func canonicalPath(sent string) string {
	if sent == "" || sent == "/" {
		return "/"
	}
	out := make([]byte, 0, len(sent)+2*escapeWidth)
	for segment := range strings.SplitSeq(sent, "/") {
		switch segment {
		case "", ".":
		case "..":
			out = out[:max(bytes.LastIndexByte(out, '/'), 0)]
		default:
			out = append(out, '/')
			out = appendEscapedAll(out, segment)
		}
	}
	if len(out) == 0 || strings.HasSuffix(sent, "/") {
		out = append(out, '/')
	}
	return string(out)
}

func appendEscapedAll(dst []byte, text string) []byte {
	for i := range len(text) {
		dst = appendEscaped(dst, text[i])
	}
	return dst
}

// appendStringToSign appends the string that the signing key signs, for a request whose canonical form is given.
func appendStringToSign(dst []byte, timestamp string, within *scope, canonicalRequest []byte) []byte {
	dst = append(dst, algorithm+"\n"...)
	dst = append(dst, timestamp...)
	dst = append(dst, '\n')
	dst = append(dst, within.text...)
	dst = append(dst, '\n')
	sum := sha256.Sum256(canonicalRequest)
	return hex.AppendEncode(dst, sum[:])
}
