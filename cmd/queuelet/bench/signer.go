package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"
)

const (
	contentType = "application/x-amz-json-1.0"
	service     = "sqs"
	amzTime     = "20060102T150405Z"
	amzDate     = "20060102"
)

// signer makes signed requests of the AWS JSON 1.0 protocol for one client. The
// signature is AWS Signature Version 4 in the Authorization header (AWS IAM user guide,
// "Create a signed AWS API request").
type signer struct {
	route   *route
	headers string // the list of signed headers

	date  string // that mac is derived for
	scope string
	mac   hash.Hash

	text []byte // scratch
}

func newSigner(r *route) *signer {
	s := &signer{route: r, headers: "content-type;host;x-amz-date;x-amz-target"}
	if r.SessionToken != "" {
		s.headers = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
	}
	return s
}

// appendRequest appends a whole request for an action of SQS.
func (s *signer) appendRequest(dst []byte, action string, body []byte, now time.Time) []byte {
	var moment [len(amzTime)]byte
	stamp := now.UTC().AppendFormat(moment[:0], amzTime)
	if date := stamp[:len(amzDate)]; string(date) != s.date {
		s.derive(string(date))
	}

	dst = append(dst, "POST "...)
	dst = append(dst, s.route.path...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, s.route.host...)
	dst = append(dst, "\r\nContent-Type: "+contentType+"\r\nX-Amz-Target: AmazonSQS."...)
	dst = append(dst, action...)
	dst = append(dst, "\r\nX-Amz-Date: "...)
	dst = append(dst, stamp...)
	if s.route.SessionToken != "" {
		dst = append(dst, "\r\nX-Amz-Security-Token: "...)
		dst = append(dst, s.route.SessionToken...)
	}
	dst = append(dst, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential="...)
	dst = append(dst, s.route.AccessKeyID...)
	dst = append(dst, '/')
	dst = append(dst, s.scope...)
	dst = append(dst, ", SignedHeaders="...)
	dst = append(dst, s.headers...)
	dst = append(dst, ", Signature="...)
	dst = s.appendSignature(dst, action, body, stamp)
	dst = append(dst, "\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, body...)
}

func (s *signer) appendSignature(dst []byte, action string, body, stamp []byte) []byte {
	t := s.text[:0]
	t = append(t, "POST\n"...)
	t = append(t, s.route.path...)
	t = append(t, "\n\ncontent-type:"+contentType+"\nhost:"...)
	t = append(t, s.route.host...)
	t = append(t, "\nx-amz-date:"...)
	t = append(t, stamp...)
	if s.route.SessionToken != "" {
		t = append(t, "\nx-amz-security-token:"...)
		t = append(t, s.route.SessionToken...)
	}
	t = append(t, "\nx-amz-target:AmazonSQS."...)
	t = append(t, action...)
	t = append(t, "\n\n"...)
	t = append(t, s.headers...)
	t = append(t, '\n')
	payload := sha256.Sum256(body)
	t = hex.AppendEncode(t, payload[:])
	canonical := sha256.Sum256(t)

	t = append(t[:0], "AWS4-HMAC-SHA256\n"...)
	t = append(t, stamp...)
	t = append(t, '\n')
	t = append(t, s.scope...)
	t = append(t, '\n')
	t = hex.AppendEncode(t, canonical[:])
	s.text = t

	s.mac.Reset()
	s.mac.Write(t)
	var sum [sha256.Size]byte
	return hex.AppendEncode(dst, s.mac.Sum(sum[:0]))
}

// derive makes the signing key of a day.
func (s *signer) derive(date string) {
	key := []byte("AWS4" + s.route.SecretAccessKey)
	for _, part := range []string{date, s.route.Region, service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	s.date = date
	s.scope = date + "/" + s.route.Region + "/" + service + "/aws4_request"
	s.mac = hmac.New(sha256.New, key)
}
