package sigauth

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// refusal is the part of an Error that a client or an operator acts on.
type refusal struct {
	Code    Code
	Status  int
	Message string
	Cause   Cause
}

func refusalOf(t *testing.T, err error) refusal {
	t.Helper()
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return refusal{Code: refused.Code, Status: refused.Status, Message: refused.Message, Cause: refused.Cause}
}

// TestRefusals holds AWS's codes, statuses and texts for every fault, in the order in which they are checked: each request
// has, besides the fault it names, all the faults of later rows that it can have at once.
func TestRefusals(t *testing.T) {
	const late = "20150830T130000Z" // the clock of requests that are to be old is 24 minutes ahead
	const badSignature = "SignedHeaders=host;x-amz-date, Signature=00"
	tests := []struct {
		name   string
		target string
		header http.Header
		now    string
		want   refusal
	}{
		{
			name: "1 broken escape at the end", target: "/?a=%2&X-Amz-Algorithm=x",
			header: http.Header{"Authorization": {"nonsense"}},
			want: refusal{
				CodeMalformedQueryString, 400, "Incomplete trailing escape % sequence", CauseMalformed,
			},
		},
		{
			name: "1 broken escape", target: "/?a=%zz&b",
			want: refusal{
				CodeMalformedQueryString, 400, "Illegal hex character in escape % pattern: %zz", CauseMalformed,
			},
		},
		{
			name: "2 both forms", target: "/?X-Amz-Algorithm=x", header: http.Header{"Authorization": {"nonsense"}},
			want: refusal{CodeSignatureDoesNotMatch, 403, "", CauseMalformed},
		},
		{
			name: "3 unsigned", target: "/?X-Amz-Signature=00",
			want: refusal{
				CodeMissingAuthenticationToken, 403, "Request is missing Authentication Token", CauseUnsigned,
			},
		},
		{
			name: "3 empty header", header: http.Header{"Authorization": {""}},
			want: refusal{
				CodeMissingAuthenticationToken, 403, "Request is missing Authentication Token", CauseUnsigned,
			},
		},
		{
			name: "4 other algorithm", header: http.Header{"Authorization": {"AWS4-HMAC-SHA1 Foo"}},
			want: refusal{CodeIncompleteSignature, 400, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.", CauseMalformed},
		},
		{
			name: "4 other algorithm, presigned", target: "/?X-Amz-Algorithm=AWS4-HMAC-SHA1",
			want: refusal{CodeIncompleteSignature, 400, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.", CauseMalformed},
		},
		{
			name: "4 foreign scheme", header: http.Header{
				"Authorization": {"Other Credential=a, " + badSignature}, "X-Amz-Date": {"x"},
			},
			want: refusal{CodeIncompleteSignature, 400, "Unsupported AWS 'algorithm': 'Other'.", CauseMalformed},
		},
		{
			name: "5 part without equal-sign", header: http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=a, Foo"}},
			want: refusal{
				CodeIncompleteSignature, 400, "'Foo' not a valid key=value pair (missing equal-sign) in Authorization header: " +
					"'AWS4-HMAC-SHA256 Credential=a, Foo'.", CauseMalformed,
			},
		},
		{
			name: "5 bearer token", header: http.Header{"Authorization": {"Bearer abc"}},
			want: refusal{
				CodeIncompleteSignature, 400, "'abc' not a valid key=value pair (missing equal-sign) in Authorization header: " +
					"'Bearer abc'.", CauseMalformed,
			},
		},
		{
			name: "7 all parts missing", header: http.Header{"Authorization": {"AWS4-HMAC-SHA256"}},
			want: refusal{
				CodeIncompleteSignature, 400, "Authorization header requires 'Credential' parameter. Authorization header " +
					"requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header " +
					"requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256", CauseMalformed,
			},
		},
		{
			name: "7 one part missing", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a,SignedHeaders=b"}, "Date": {"x"},
			},
			want: refusal{
				CodeIncompleteSignature, 400, "Authorization header requires 'Signature' parameter. " +
					"Authorization=AWS4-HMAC-SHA256 Credential=a,SignedHeaders=b", CauseMalformed,
			},
		},
		{
			name: "7q all parts missing", target: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256",
			want: refusal{
				CodeIncompleteSignature, 400, "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string " +
					"parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS " +
					"query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.", CauseMalformed,
			},
		},
		{
			name: "8 host not signed", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=x-amz-date, Signature=00"}, "X-Amz-Date": {"x"},
			},
			want: refusal{
				CodeSignatureDoesNotMatch, 403, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
				CauseUnsignedHeader,
			},
		},
		{
			name: "8 x-amz-* not signed", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, " + badSignature}, "X-Amz-Date": {"x"},
				"X-Amz-Target": {"AmazonSQS.SendMessage"}, "X-Amz-Zone": {"z"},
			},
			want: refusal{
				CodeSignatureDoesNotMatch, 403, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
				CauseUnsignedHeader,
			},
		},
		{
			name: "9 unreadable date", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, " + badSignature}, "X-Amz-Date": {"20150830T123600.5Z"},
			},
			want: refusal{
				CodeIncompleteSignature, 400, "Date must be in ISO-8601 'basic format'. Got '20150830T123600.5Z'. See " +
					"http://en.wikipedia.org/wiki/ISO_8601", CauseMalformed,
			},
		},
		{
			name: "10 too old", now: late, header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, " + badSignature}, "X-Amz-Date": {"20150830T124459Z"},
			},
			want: refusal{
				CodeSignatureDoesNotMatch, 403, "Signature expired: 20150830T124459Z is now earlier than 20150830T124500Z " +
					"(20150830T130000Z - 15 min.)", CauseClock,
			},
		},
		{
			name: "11 too new", now: late, header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, " + badSignature}, "X-Amz-Date": {"20150830T131501Z"},
			},
			want: refusal{
				CodeSignatureDoesNotMatch, 403, "Signature not yet current: 20150830T131501Z is still later than " +
					"20150830T131500Z (20150830T130000Z + 15 min.)", CauseClock,
			},
		},
		{
			name: "12 credential of two parts", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, " + badSignature}, "X-Amz-Date": {"20150830T123600Z"},
			},
			want: refusal{
				CodeIncompleteSignature, 400, "Credential must have exactly 5 slash-delimited elements, e.g. " +
					"keyid/date/region/service/term, got 'a/b'", CauseMalformed,
			},
		},
		{
			name: "12 access key with a slash", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b/20150830/us-east-1/sqs/aws4_request, " + badSignature},
				"X-Amz-Date":    {"20150830T123600Z"},
			},
			want: refusal{
				CodeIncompleteSignature, 400, "Credential must have exactly 5 slash-delimited elements, e.g. " +
					"keyid/date/region/service/term, got 'a/b/20150830/us-east-1/sqs/aws4_request'", CauseMalformed,
			},
		},
		{
			name: "13 nothing of the scope right", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/20150829/not a region/s3/x, " + badSignature},
				"X-Amz-Date":    {"20150830T123600Z"},
			},
			want: refusal{
				CodeSignatureDoesNotMatch, 403, "Credential should be scoped to a valid region, not 'not a region'. " +
					"Credential should be scoped to correct service: 'sqs'. " +
					"Credential should be scoped with a valid terminator: 'aws4_request', not 'x'. " +
					"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
					"'20150829' != '20150830', from '20150830T123600Z'.", CauseScope,
			},
		},
		{
			name: "15 unknown key", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/sqs/aws4_request, " + badSignature},
				"X-Amz-Date":    {"20150830T123600Z"},
			},
			want: refusal{
				CodeInvalidClientTokenID, 403, "The security token included in the request is invalid.", CauseUnknownKey,
			},
		},
		{
			name: "16 wrong signature", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, " + badSignature},
				"X-Amz-Date":    {"20150830T123600Z"},
			},
			want: refusal{CodeSignatureDoesNotMatch, 403, mismatchMessage, CauseWrongSecretOrChangedRequest},
		},
		{
			name: "several Authorization headers", header: http.Header{"Authorization": {"a", "b"}},
			want: refusal{CodeIncompleteSignature, 400, "Authorization header must be given once, got 2.", CauseMalformed},
		},
		{
			name: "signed header that is none", header: http.Header{
				"Authorization": {"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;;x, Signature=00"}, "X-Amz-Date": {"x"},
			},
			want: refusal{
				CodeIncompleteSignature, 400, "'SignedHeaders' must be a ';'-separated list of header names, got 'host;;x'.",
				CauseMalformed,
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.target == "" {
				test.target = "/"
			}
			if test.now == "" {
				test.now = vectorTime().Format(isoBasic)
			}
			now, err := time.Parse(isoBasic, test.now)
			if err != nil {
				t.Fatal(err)
			}
			r := request(http.MethodPost, "/", nil)
			_, r.URL.RawQuery, _ = strings.Cut(test.target, "?")
			r.Header = test.header
			verifier := newVerifier(t, Options{Now: func() time.Time { return now }}, testCredential())
			_, err = verifier.Verify(r, nil)
			if diff := cmp.Diff(test.want, refusalOf(t, err)); diff != "" {
				t.Errorf("refusal (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRegion: any region will do unless one is enforced.
func TestRegion(t *testing.T) {
	tests := []struct {
		region, enforced string
		want             bool
	}{
		{region: "eu-west-1", want: true},
		{region: "local", want: true},
		{region: "", want: false},
		{region: "us east", want: false},
		{region: strings.Repeat("a", 65), want: false},
		{region: "us-east-1", enforced: "us-east-1", want: true},
		{region: "eu-west-1", enforced: "us-east-1", want: false},
	}
	for _, test := range tests {
		t.Run(test.region+" at "+test.enforced, func(t *testing.T) {
			signing := newSigning()
			signing.scope = "20150830/" + test.region + "/sqs/aws4_request"
			r := request(http.MethodPost, "/", nil)
			signing.sign(t, r, nil)
			verifier := newVerifier(t, Options{Region: test.enforced, EnforceRegion: test.enforced != ""}, testCredential())
			_, err := verifier.Verify(r, nil)
			if test.want && err != nil {
				t.Fatal(err)
			}
			if !test.want && refusalOf(t, err).Cause != CauseScope {
				t.Fatalf("got %v, want a refused scope", err)
			}
		})
	}
}

// TestExplanation holds the whole message of a mismatch, which only a verifier that explains sends.
func TestExplanation(t *testing.T) {
	body := []byte(`{"QueueUrl":"q"}`)
	signing := newSigning()
	signing.secret = "wrong"
	r := request(http.MethodPost, "/", body)
	signing.sign(t, r, body)
	want := mismatchMessage + `

The Canonical String for this request should have been
'POST
/

host:localhost:3001
x-amz-date:20150830T123600Z

host;x-amz-date
` + hashText(body) + `'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
20150830T123600Z
20150830/us-east-1/sqs/aws4_request
` // and the hash of the canonical request
	_, err := newVerifier(t, Options{Explain: true}, testCredential()).Verify(r, body)
	got := explanation(err)
	if !strings.HasPrefix(got, want) || len(got) != len(want)+64+len("'\n") || !strings.HasSuffix(got, "'\n") {
		t.Errorf("got:\n%s\nwant it to begin with:\n%s", got, want)
	}
	_, err = newVerifier(t, Options{}, testCredential()).Verify(r, body)
	if explanation(err) != mismatchMessage {
		t.Errorf("without Explain: got %q", explanation(err))
	}
}
