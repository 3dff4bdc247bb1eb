package lambdaapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/queuelet/queuelet/host/function"
	"github.com/queuelet/queuelet/sigauth"
)

// code is the name of an exception.
type code string

// The exceptions of the service model, and those that AWS's front end answers for every service.
const (
	codeNotFound         code = "ResourceNotFoundException"
	codeConflict         code = "ResourceConflictException"
	codeInvalidParameter code = "InvalidParameterValueException"
	codeInvalidContent   code = "InvalidRequestContentException"
	codePrecondition     code = "PreconditionFailedException"
	codeTooManyRequests  code = "TooManyRequestsException"
	codeRequestTooLarge  code = "RequestTooLargeException"
	codeUnsupportedMedia code = "UnsupportedMediaTypeException"
	codeCodeStorage      code = "CodeStorageExceededException"
	codeService          code = "ServiceException"

	codeValidation       code = "ValidationException"
	codeAccessDenied     code = "AccessDeniedException"
	codeSerialization    code = "SerializationException"
	codeUnknownOperation code = "UnknownOperationException"
	codeRequestTimeout   code = "RequestTimeoutException"
)

// kind is what the catalogue knows of an exception.
type kind struct {
	status int
	// capital says that the member with the text is Message and not message.
	capital bool
}

// catalogue holds the exceptions that are answered. Source: the service model of 2015-03-31.
var catalogue = map[code]kind{
	codeNotFound:         {http.StatusNotFound, true},
	codeConflict:         {http.StatusConflict, false},
	codeInvalidParameter: {http.StatusBadRequest, false},
	codeInvalidContent:   {http.StatusBadRequest, false},
	codePrecondition:     {http.StatusPreconditionFailed, false},
	codeTooManyRequests:  {http.StatusTooManyRequests, false},
	codeRequestTooLarge:  {http.StatusRequestEntityTooLarge, false},
	codeUnsupportedMedia: {http.StatusUnsupportedMediaType, false},
	codeCodeStorage:      {http.StatusBadRequest, false},
	codeService:          {http.StatusInternalServerError, true},
	codeValidation:       {http.StatusBadRequest, false},
	codeAccessDenied:     {http.StatusForbidden, true},
	codeSerialization:    {http.StatusBadRequest, true},
	codeUnknownOperation: {http.StatusNotFound, true},
	codeRequestTimeout:   {http.StatusRequestTimeout, true},
}

// Error is an exception in the words in which it is answered.
type Error struct {
	Code    string // the exception's name
	Message string
	Status  int    // of HTTP
	Reason  string // of a TooManyRequestsException
	capital bool
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func failure(c code, format string, arguments ...any) *Error {
	k := catalogue[c]
	return &Error{Code: string(c), Message: fmt.Sprintf(format, arguments...), Status: k.status, capital: k.capital}
}

// domainCode is the exception for a refusal of package function.
func domainCode(c function.Code) code {
	switch c {
	case function.CodeNotFound:
		return codeNotFound
	case function.CodeConflict, function.CodeNotReady:
		return codeConflict
	case function.CodeInvalid:
		return codeInvalidParameter
	case function.CodeConstraint:
		return codeValidation
	case function.CodePrecondition:
		return codePrecondition
	case function.CodeStorage:
		return codeCodeStorage
	case function.CodeTooLarge:
		return codeRequestTooLarge
	case function.CodeAccessDenied:
		return codeAccessDenied
	case function.CodeTooManyEvents:
		return codeTooManyRequests
	case function.CodeUnavailable:
		return codeService
	default:
		return codeService
	}
}

// answerOf turns any error into an exception. One that is not made for the client is answered without its text.
func answerOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*function.Error](err); ok {
		return failure(domainCode(e.Code), "%s", e.Message)
	}
	if e, ok := errors.AsType[*sigauth.Error](err); ok {
		return &Error{Code: authName(e.Code), Message: e.Message, Status: e.Status}
	}
	return failure(codeService, "The request processing has failed because of an unknown error, exception or failure.")
}

// authName is the exception for a refused signature.
func authName(c sigauth.Code) string {
	switch c {
	case sigauth.CodeSignatureDoesNotMatch:
		return "InvalidSignatureException"
	case sigauth.CodeInvalidClientTokenID:
		return "UnrecognizedClientException"
	case sigauth.CodeMalformedQueryString, sigauth.CodeMissingAuthenticationToken,
		sigauth.CodeIncompleteSignature, sigauth.CodeExpiredToken:
	}
	return string(c) + "Exception"
}

// body is the exception as JSON.
func (e *Error) body() map[string]string {
	side := "User"
	if e.Status >= http.StatusInternalServerError {
		side = "Service"
	}
	name := "message"
	if e.capital {
		name = "Message"
	}
	b := map[string]string{"Type": side, name: e.Message}
	if e.Reason != "" {
		b["Reason"] = e.Reason
	}
	return b
}
