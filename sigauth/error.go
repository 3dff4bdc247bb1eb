package sigauth

import (
	"fmt"
	"net/http"
	"strings"
)

// Code is the error code as AWS's query protocol spells it; the JSON protocol derives its own type name from it.
type Code string

// The codes of a refused signature. Source: "Common Errors" in the Amazon SQS API Reference and answers seen from AWS.
const (
	CodeMalformedQueryString       Code = "MalformedQueryString"
	CodeMissingAuthenticationToken Code = "MissingAuthenticationToken"
	CodeIncompleteSignature        Code = "IncompleteSignature"
	CodeSignatureDoesNotMatch      Code = "SignatureDoesNotMatch"
	CodeInvalidClientTokenID       Code = "InvalidClientTokenId"
	CodeExpiredToken               Code = "ExpiredToken"
)

// Cause says why a request was refused, more finely than the code and fit for a metric label.
type Cause string

// The causes. CauseWrongSecretOrChangedRequest is the one that cannot be told apart any further from a single request;
// CauseChangedRequest is the same mismatch with proof that the secret was right and the body is not the one signed.
const (
	CauseUnsigned                    Cause = "unsigned"
	CauseMalformed                   Cause = "malformed"
	CauseUnsignedHeader              Cause = "unsigned_header"
	CauseClock                       Cause = "clock"
	CauseScope                       Cause = "scope"
	CauseToken                       Cause = "session_token"
	CauseUnknownKey                  Cause = "unknown_key"
	CauseWrongSecretOrChangedRequest Cause = "wrong_secret_or_changed_request"
	CauseChangedRequest              Cause = "changed_request"
)

// Error is a refused signature.
type Error struct {
	// Code is what the client is told.
	Code Code
	// Status is the HTTP status of the answer, the same in both wire protocols.
	Status int
	// Message is the text for the client, in AWS's words. On a mismatch it goes on with the canonical request and the
	// string to sign when [Options.Explain] is set.
	Message string
	// Cause is what the operator wants to know.
	Cause Cause
	// AccessKeyID is the key the request claims, cut to 128 bytes; empty when it claims none. It is not proven.
	AccessKeyID string

	line string
}

// Sentinels for errors.Is, one for each code.
var (
	ErrMalformedQueryString       = &Error{Code: CodeMalformedQueryString}
	ErrMissingAuthenticationToken = &Error{Code: CodeMissingAuthenticationToken}
	ErrIncompleteSignature        = &Error{Code: CodeIncompleteSignature}
	ErrSignatureDoesNotMatch      = &Error{Code: CodeSignatureDoesNotMatch}
	ErrInvalidClientTokenID       = &Error{Code: CodeInvalidClientTokenID}
	ErrExpiredToken               = &Error{Code: CodeExpiredToken}
)

// Error gives the code and the first line of the message.
func (e *Error) Error() string {
	text, _, _ := strings.Cut(e.Message, "\n")
	if text == "" {
		return "sigauth: " + string(e.Code)
	}
	return "sigauth: " + string(e.Code) + ": " + text
}

// Is makes errors.Is compare codes.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// OperatorLine is one sentence for the server's log: the cause and the next step. It holds no secret, no token and no
// signature, and what the client sent in it is quoted and cut.
func (e *Error) OperatorLine() string {
	if e.line == "" {
		return e.Error()
	}
	return e.line
}

// quoteLimit bounds what of a stranger's text reaches the log.
const quoteLimit = 128

// quote makes a stranger's text safe to log.
func quote(text string) string {
	return fmt.Sprintf("%q", cut(text))
}

func cut(text string) string {
	if len(text) > quoteLimit {
		return strings.Clone(text[:quoteLimit])
	}
	return text
}

func malformed(message, line string) *Error {
	return &Error{
		Code: CodeIncompleteSignature, Status: http.StatusBadRequest, Message: message, Cause: CauseMalformed, line: line,
	}
}

func mismatch(cause Cause, message, line string) *Error {
	return &Error{
		Code: CodeSignatureDoesNotMatch, Status: http.StatusForbidden, Message: message, Cause: cause, line: line,
	}
}

func invalidToken(cause Cause, message, line string) *Error {
	return &Error{
		Code: CodeInvalidClientTokenID, Status: http.StatusForbidden, Message: message, Cause: cause, line: line,
	}
}
