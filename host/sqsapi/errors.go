package sqsapi

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/queuelet/queuelet/host/queue"
	"github.com/queuelet/queuelet/sigauth"
)

// The codes that only the wire protocols answer, and those of the service model that
// nothing here answers yet. They complete those of the domain.
const (
	codeInvalidAddress        queue.Code = "InvalidAddress"
	codeInvalidSecurity       queue.Code = "InvalidSecurity"
	codeInvalidIDFormat       queue.Code = "InvalidIdFormat"
	codeKMSAccessDenied       queue.Code = "KMS.AccessDeniedException"
	codeKMSDisabled           queue.Code = "KMS.DisabledException"
	codeKMSInvalidKeyUsage    queue.Code = "KMS.InvalidKeyUsageException"
	codeKMSInvalidState       queue.Code = "KMS.InvalidStateException"
	codeKMSNotFound           queue.Code = "KMS.NotFoundException"
	codeKMSOptInRequired      queue.Code = "KMS.OptInRequired"
	codeKMSThrottled          queue.Code = "KMS.ThrottlingException"
	codeInvalidAction         queue.Code = "InvalidAction"
	codeInvalidRequest        queue.Code = "InvalidRequest"
	codeMalformedInput        queue.Code = "MalformedInput"
	codeMalformedQueryString  queue.Code = "MalformedQueryString"
	codeRequestEntityTooLarge queue.Code = "RequestEntityTooLarge"
	codeRequestTimeout        queue.Code = "RequestTimeout"
)

// The name spaces of error shapes in AWS JSON: those of the service model, and those
// that AWS's server framework answers for every service.
const (
	modelShape     = "com.amazonaws.sqs#"
	frameworkShape = "com.amazon.coral.service#"
)

// kind is what the catalogue knows of an error code: its shape in AWS JSON and its
// HTTP status in both protocols.
type kind struct {
	shape  string
	status int
}

// kindOf is the catalogue. Sources: the service model of 2012-11-05 for shapes and
// statuses, answers seen from AWS for those outside of the model.
func kindOf(code queue.Code) kind {
	switch code {
	case queue.CodeQueueDoesNotExist:
		return kind{modelShape + "QueueDoesNotExist", http.StatusBadRequest}
	case queue.CodeQueueNameExists:
		return kind{modelShape + "QueueNameExists", http.StatusBadRequest}
	case queue.CodeQueueDeletedRecently:
		return kind{modelShape + "QueueDeletedRecently", http.StatusBadRequest}
	case queue.CodePurgeQueueInProgress:
		return kind{modelShape + "PurgeQueueInProgress", http.StatusForbidden}
	case queue.CodeBatchEntryIdsNotDistinct:
		return kind{modelShape + "BatchEntryIdsNotDistinct", http.StatusBadRequest}
	case queue.CodeBatchRequestTooLong:
		return kind{modelShape + "BatchRequestTooLong", http.StatusBadRequest}
	case queue.CodeEmptyBatchRequest:
		return kind{modelShape + "EmptyBatchRequest", http.StatusBadRequest}
	case queue.CodeInvalidBatchEntryID:
		return kind{modelShape + "InvalidBatchEntryId", http.StatusBadRequest}
	case queue.CodeTooManyEntriesInBatchRequest:
		return kind{modelShape + "TooManyEntriesInBatchRequest", http.StatusBadRequest}
	case queue.CodeMessageNotInflight:
		return kind{modelShape + "MessageNotInflight", http.StatusBadRequest}
	case queue.CodeUnsupportedOperation:
		return kind{modelShape + "UnsupportedOperation", http.StatusBadRequest}
	case queue.CodeReceiptHandleIsInvalid:
		return kind{modelShape + "ReceiptHandleIsInvalid", http.StatusNotFound}
	case queue.CodeOverLimit:
		return kind{modelShape + "OverLimit", http.StatusForbidden}
	case queue.CodeRequestThrottled:
		return kind{modelShape + "RequestThrottled", http.StatusForbidden}
	case queue.CodeResourceNotFound:
		return kind{modelShape + "ResourceNotFoundException", http.StatusNotFound}
	case queue.CodeInvalidAttributeName:
		return kind{modelShape + "InvalidAttributeName", http.StatusBadRequest}
	case queue.CodeInvalidAttributeValue:
		return kind{modelShape + "InvalidAttributeValue", http.StatusBadRequest}
	case queue.CodeInvalidMessageContents:
		return kind{modelShape + "InvalidMessageContents", http.StatusBadRequest}
	case codeInvalidAddress:
		return kind{modelShape + "InvalidAddress", http.StatusNotFound}
	case codeInvalidSecurity:
		return kind{modelShape + "InvalidSecurity", http.StatusForbidden}
	case codeInvalidIDFormat:
		return kind{modelShape + "InvalidIdFormat", http.StatusBadRequest}
	case codeKMSAccessDenied:
		return kind{modelShape + "KmsAccessDenied", http.StatusBadRequest}
	case codeKMSDisabled:
		return kind{modelShape + "KmsDisabled", http.StatusBadRequest}
	case codeKMSInvalidKeyUsage:
		return kind{modelShape + "KmsInvalidKeyUsage", http.StatusBadRequest}
	case codeKMSInvalidState:
		return kind{modelShape + "KmsInvalidState", http.StatusBadRequest}
	case codeKMSNotFound:
		return kind{modelShape + "KmsNotFound", http.StatusBadRequest}
	case codeKMSOptInRequired:
		return kind{modelShape + "KmsOptInRequired", http.StatusForbidden}
	case codeKMSThrottled:
		return kind{modelShape + "KmsThrottled", http.StatusBadRequest}
	case queue.CodeInvalidParameterValue:
		return kind{frameworkShape + "InvalidParameterValueException", http.StatusBadRequest}
	case queue.CodeMissingParameter:
		return kind{frameworkShape + "MissingRequiredParameterException", http.StatusBadRequest}
	case codeMalformedInput:
		return kind{frameworkShape + "SerializationException", http.StatusBadRequest}
	case codeMalformedQueryString:
		return kind{frameworkShape + "MalformedQueryStringException", http.StatusBadRequest}
	case codeInvalidAction:
		return kind{frameworkShape + "UnknownOperationException", http.StatusBadRequest}
	case codeInvalidRequest:
		return kind{frameworkShape + "InvalidRequestException", http.StatusBadRequest}
	case codeRequestEntityTooLarge:
		return kind{frameworkShape + "RequestEntityTooLargeException", http.StatusRequestEntityTooLarge}
	case codeRequestTimeout:
		return kind{frameworkShape + "RequestTimeoutException", http.StatusRequestTimeout}
	case queue.CodeAccessDenied:
		return kind{frameworkShape + "AccessDeniedException", http.StatusForbidden}
	case queue.CodeServiceUnavailable:
		return kind{frameworkShape + "ServiceUnavailable", http.StatusServiceUnavailable}
	case queue.CodeInternalFailure:
		return kind{frameworkShape + "InternalFailure", http.StatusInternalServerError}
	default:
		return kind{frameworkShape + string(code), http.StatusBadRequest}
	}
}

// authShape is the shape of an authentication error in AWS JSON.
func authShape(code sigauth.Code) string {
	switch code {
	case sigauth.CodeSignatureDoesNotMatch:
		return frameworkShape + "InvalidSignatureException"
	case sigauth.CodeInvalidClientTokenID:
		return frameworkShape + "UnrecognizedClientException"
	case sigauth.CodeMalformedQueryString, sigauth.CodeMissingAuthenticationToken,
		sigauth.CodeIncompleteSignature, sigauth.CodeExpiredToken:
	}
	return frameworkShape + string(code) + "Exception"
}

// fault is an error in the form in which both protocols answer it.
type fault struct {
	code    queue.Code
	shape   string
	status  int
	message string
}

// sender tells whether the fault is the client's.
func (f fault) sender() bool { return f.status < http.StatusInternalServerError }

// side is who is to blame, in the words of the query protocol.
func (f fault) side() string {
	if f.sender() {
		return "Sender"
	}
	return "Receiver"
}

// faultOf turns any error into a fault. Errors that are not made for the client are
// answered as an internal failure, without their text.
func faultOf(err error) fault {
	if e, ok := errors.AsType[*queue.Error](err); ok {
		k := kindOf(e.Code)
		return fault{code: e.Code, shape: k.shape, status: k.status, message: e.Message}
	}
	if e, ok := errors.AsType[*sigauth.Error](err); ok {
		return fault{code: queue.Code(e.Code), shape: authShape(e.Code), status: e.Status, message: e.Message}
	}
	k := kindOf(queue.CodeInternalFailure)
	return fault{
		code: queue.CodeInternalFailure, shape: k.shape, status: k.status,
		message: "The request processing has failed because of an unknown error, exception or failure.",
	}
}

func malformedInput(message string) error {
	return &queue.Error{Code: codeMalformedInput, Message: message}
}

func missingParameter(name string) error {
	return &queue.Error{Code: queue.CodeMissingParameter, Message: "The request must contain the parameter " + name + "."}
}

// missingID is the error for a batch whose entry at position i has no id, which is
// another than the domain's for an empty one.
func missingID(entry string, i int) error {
	return missingParameter(entry + "." + strconv.Itoa(i+1) + ".Id")
}

func invalidAction(name string) error {
	return &queue.Error{Code: codeInvalidAction, Message: "The action " + name + " is not valid for this endpoint."}
}

// The errors that need no details.
var (
	errPeekOnly        error = &queue.Error{Code: codeInvalidRequest, Message: "This endpoint only accepts ReceiveMessage calls"}
	errTooManyElements error = &queue.Error{
		Code:    codeMalformedInput,
		Message: "The request holds more than " + strconv.Itoa(maxElements) + " list and map elements.",
	}
	// errNoAction says that a request names no operation. AWS answers it outside of
	// both protocols.
	errNoAction = errors.New("the request names no operation")
)
