package sigauth

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Explain takes a captured request apart: the raw bytes of an HTTP/1.1 request, line ends of either kind. Unlike a Verifier
// it goes on after the first fault, and where the signature does not match it looks for the one change that would explain
// it. It fails only when the options are incomplete or the bytes are no HTTP request.
func Explain(raw []byte, options Options) (Report, error) {
	verifier, err := New(options)
	if err != nil {
		return Report{}, err
	}
	r, body, note, err := readCaptured(raw)
	if err != nil {
		return Report{}, err
	}
	e := explainer{verifier: verifier}
	if note != "" {
		e.add(CauseMalformed, note)
	}
	e.explain(r, body)
	_, err = verifier.Verify(r, body)
	e.report.Accepted = err == nil
	return e.report, nil
}

// explainer makes a verifier's checks without stopping at the first fault.
type explainer struct {
	verifier *Verifier
	report   Report
}

// readCaptured parses a captured request and says whether its body is as long as it claims.
func readCaptured(raw []byte) (*http.Request, []byte, string, error) {
	reader := bufio.NewReader(bytes.NewReader(raw))
	r, err := http.ReadRequest(reader)
	if err != nil {
		return nil, nil, "", fmt.Errorf("sigauth: read the captured request (it starts with a line like "+
			"\"POST / HTTP/1.1\"): %w", err)
	}
	body, cutShort := io.ReadAll(r.Body)
	rest, _ := io.ReadAll(reader) // a reader of bytes does not fail
	note := ""
	switch {
	case cutShort != nil:
		note = fmt.Sprintf("the captured body ends after %d bytes of %d: capture the whole request", len(body), r.ContentLength)
	case len(bytes.TrimSpace(rest)) == 0: // all was read, but for a line end that an editor adds
	case r.ContentLength <= 0 && len(r.TransferEncoding) == 0:
		note = fmt.Sprintf("the captured request has no Content-Length: the %d bytes after its headers are taken for its body",
			len(rest))
		body = rest
	default:
		note = fmt.Sprintf("%d bytes follow the body and are not looked at", len(rest))
	}
	return r, body, note, nil
}

// explain makes every check it can.
func (e *explainer) explain(r *http.Request, body []byte) {
	parameters, fault := parseQuery(r.URL.RawQuery)
	if fault != nil {
		e.addFault(fault)
		return
	}
	claimed, fault := readClaim(r, parameters)
	if fault != nil {
		e.addFault(fault)
		return
	}
	e.report.AccessKeyID = cut(claimed.accessKeyID())
	signed, fault := readSignedHeaders(claimed.signedHeaders)
	if fault != nil {
		e.addFault(fault)
		return
	}
	e.addFault(checkSignedHeaders(r.Header, signed))
	when, fault := readTime(&claimed)
	if fault != nil {
		e.addFault(fault)
		return
	}
	now := e.verifier.now()
	e.addFault(checkClock(when, now, e.verifier.skew))
	within, fault := readScope(claimed.credential)
	if fault != nil {
		e.addFault(fault)
		return
	}
	e.addFault(within.check(e.verifier.service, e.verifier.region, when))
	attempt := attempt{
		canonical: canonicalise(r, parameters, &claimed, signed, body),
		claim:     &claimed, scope: within, timestamp: when.text,
	}
	_, fault = e.verifier.credential(&within, claimed.token, now)
	e.addFault(fault)
	e.explainHeaders(r, signed)
	e.report.CanonicalRequest = string(attempt.canonical.append(nil))
	e.report.StringToSign = string(appendStringToSign(nil, attempt.timestamp, &within, []byte(e.report.CanonicalRequest)))
	if credential, known := e.verifier.source.Credential(within.accessKeyID); known {
		e.explainSignature(&attempt, &credential, body)
	}
}

// explainHeaders names headers that are signed and did not arrive.
func (e *explainer) explainHeaders(r *http.Request, signed []string) {
	elsewhere := []string{"host", ":authority", "content-length", "transfer-encoding"}
	for _, name := range signed {
		if len(headerValues(r.Header, name)) == 0 && !slices.Contains(elsewhere, name) {
			e.add(CauseChangedRequest, "the header "+quote(name)+" is signed but is not in the request: something between "+
				"client and server removed it")
		}
	}
}

// explainSignature compares the signature, and when it does not match looks for what would make it match.
func (e *explainer) explainSignature(a *attempt, credential *Credential, body []byte) {
	_, fault := e.verifier.match(a, credential)
	if fault == nil {
		return
	}
	cause, text := explainMismatch(a, credential, body)
	if text == "" {
		cause = fault.Cause
		text = fault.OperatorLine() + "; no single usual change explains it, so compare the canonical request below with the " +
			"one the client logs (boto3: boto3.set_stream_logger(\"botocore.auth\"), SDK for Go: aws.LogSigning)"
	}
	e.report.Findings = append(e.report.Findings, Finding{Cause: cause, Text: text, Answer: answer(fault)})
}

// answer is what a client is told, without the canonical request, which a report has once already.
func answer(fault *Error) string {
	text, _, _ := strings.Cut(fault.Message, "\n")
	return string(fault.Code) + ": " + text
}

func (e *explainer) add(cause Cause, text string) {
	e.report.Findings = append(e.report.Findings, Finding{Cause: cause, Text: text})
}

func (e *explainer) addFault(fault *Error) {
	if fault != nil {
		e.report.Findings = append(e.report.Findings,
			Finding{Cause: fault.Cause, Text: fault.OperatorLine(), Answer: answer(fault)})
	}
}
