package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	service   = "lambda"
)

// sign signs a request in its Authorization header (AWS IAM user guide, "Create a signed AWS API request").
func (c *Client) sign(request *http.Request, r Request, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	date := stamp[:8]
	request.Header.Set("X-Amz-Date", stamp)
	if c.options.SessionToken != "" {
		request.Header.Set("X-Amz-Security-Token", c.options.SessionToken)
	}
	names := []string{"host"}
	for name := range request.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	signed := strings.Join(names, ";")

	var t strings.Builder
	// Services other than S3 encode the path that is sent once more.
	t.WriteString(request.Method + "\n" + escapePath(r.Path) + "\n" + request.URL.RawQuery + "\n")
	for _, name := range names {
		value := request.URL.Host
		if name != "host" {
			value = request.Header.Get(name)
		}
		t.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	t.WriteString("\n" + signed + "\n" + hexSum(r.Body))

	scope := date + "/" + c.options.Region + "/" + service + "/aws4_request"
	key := []byte("AWS4" + c.options.SecretAccessKey)
	for _, part := range []string{date, c.options.Region, service, "aws4_request"} {
		key = sum(key, part)
	}
	signature := hex.EncodeToString(sum(key, algorithm+"\n"+stamp+"\n"+scope+"\n"+hexSum([]byte(t.String()))))
	request.Header.Set("Authorization", algorithm+" Credential="+c.options.AccessKeyID+"/"+scope+", SignedHeaders="+signed+", Signature="+signature)
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hexSum(body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}

// canonicalQuery is a query as it is sent and signed: sorted, and encoded by the rules of RFC 3986.
func canonicalQuery(query url.Values) string {
	return strings.ReplaceAll(query.Encode(), "+", "%20")
}

// escapePath encodes all but letters, digits, "-._~" and slashes.
func escapePath(path string) string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		ch := path[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', strings.IndexByte("-._~/", ch) >= 0:
			b.WriteByte(ch)
		default:
			b.WriteString("%" + string(hexadecimal[ch>>4]) + string(hexadecimal[ch&15]))
		}
	}
	return b.String()
}
