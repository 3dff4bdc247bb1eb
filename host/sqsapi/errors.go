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
	codeInvalidAddress       queue.Code = "InvalidAddress"
	codeInvalidSecurity      queue.Code = "InvalidSecurity"
	codeInvalidIDFormat      queue.Code = "InvalidIdFormat"
	codeKMSAccessDenied      queue.Code = "KMS.AccessDeniedException"
	codeKMSDisabled          queue.Code = "KMS.DisabledException"
	codeKMSInvalidKeyUsage   queue.Code = "KMS.InvalidKeyUsageException"
	codeKMSInvalidState      queue.Code = "KMS.InvalidStateException"
	codeKMSNotFound          queue.Code = "KMS.NotFoundException"
	codeKMSOptInRequired     queue.Code = "KMS.OptInRequired"
	codeKMSThrottled         queue.Code = "KMS.ThrottlingException"
	codeInvalidAction        queue.Code = "InvalidAction"
	codeInvalidRequest       queue.Code = "InvalidRequest"
	codeMalformedInput       queue.Code = "MalformedInput"
	codeMalformedQueryString queue.Code = "MalformedQueryString"
	// codeDisconnected is for metrics and logs; there is nobody to answer it to.
	codeDisconnected          queue.Code = "Disconnected"
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

// catalogue holds the errors of both protocols. Sources: the service model of 2012-11-05
// for shapes and statuses, answers seen from AWS for those outside of the model.
var catalogue = map[queue.Code]kind{
	queue.CodeQueueDoesNotExist:            {modelShape + "QueueDoesNotExist", http.StatusBadRequest},
	queue.CodeQueueNameExists:              {modelShape + "QueueNameExists", http.StatusBadRequest},
	queue.CodeQueueDeletedRecently:         {modelShape + "QueueDeletedRecently", http.StatusBadRequest},
	queue.CodePurgeQueueInProgress:         {modelShape + "PurgeQueueInProgress", http.StatusForbidden},
	queue.CodeBatchEntryIdsNotDistinct:     {modelShape + "BatchEntryIdsNotDistinct", http.StatusBadRequest},
	queue.CodeBatchRequestTooLong:          {modelShape + "BatchRequestTooLong", http.StatusBadRequest},
	queue.CodeEmptyBatchRequest:            {modelShape + "EmptyBatchRequest", http.StatusBadRequest},
	queue.CodeInvalidBatchEntryID:          {modelShape + "InvalidBatchEntryId", http.StatusBadRequest},
	queue.CodeTooManyEntriesInBatchRequest: {modelShape + "TooManyEntriesInBatchRequest", http.StatusBadRequest},
	queue.CodeMessageNotInflight:           {modelShape + "MessageNotInflight", http.StatusBadRequest},
	queue.CodeUnsupportedOperation:         {modelShape + "UnsupportedOperation", http.StatusBadRequest},
	queue.CodeReceiptHandleIsInvalid:       {modelShape + "ReceiptHandleIsInvalid", http.StatusNotFound},
	queue.CodeOverLimit:                    {modelShape + "OverLimit", http.StatusForbidden},
	queue.CodeRequestThrottled:             {modelShape + "RequestThrottled", http.StatusForbidden},
	queue.CodeResourceNotFound:             {modelShape + "ResourceNotFoundException", http.StatusNotFound},
	queue.CodeInvalidAttributeName:         {modelShape + "InvalidAttributeName", http.StatusBadRequest},
	queue.CodeInvalidAttributeValue:        {modelShape + "InvalidAttributeValue", http.StatusBadRequest},
	queue.CodeInvalidMessageContents:       {modelShape + "InvalidMessageContents", http.StatusBadRequest},
	codeInvalidAddress:                     {modelShape + "InvalidAddress", http.StatusNotFound},
	codeInvalidSecurity:                    {modelShape + "InvalidSecurity", http.StatusForbidden},
	codeInvalidIDFormat:                    {modelShape + "InvalidIdFormat", http.StatusBadRequest},
	codeKMSAccessDenied:                    {modelShape + "KmsAccessDenied", http.StatusBadRequest},
	codeKMSDisabled:                        {modelShape + "KmsDisabled", http.StatusBadRequest},
	codeKMSInvalidKeyUsage:                 {modelShape + "KmsInvalidKeyUsage", http.StatusBadRequest},
	codeKMSInvalidState:                    {modelShape + "KmsInvalidState", http.StatusBadRequest},
	codeKMSNotFound:                        {modelShape + "KmsNotFound", http.StatusBadRequest},
	codeKMSOptInRequired:                   {modelShape + "KmsOptInRequired", http.StatusForbidden},
	codeKMSThrottled:                       {modelShape + "KmsThrottled", http.StatusBadRequest},
	queue.CodeInvalidParameterValue:        {frameworkShape + "InvalidParameterValueException", http.StatusBadRequest},
	queue.CodeMissingParameter:             {frameworkShape + "MissingRequiredParameterException", http.StatusBadRequest},
	codeMalformedInput:                     {frameworkShape + "SerializationException", http.StatusBadRequest},
	codeMalformedQueryString:               {frameworkShape + "MalformedQueryStringException", http.StatusBadRequest},
	codeInvalidAction:                      {frameworkShape + "UnknownOperationException", http.StatusBadRequest},
	codeInvalidRequest:                     {frameworkShape + "InvalidRequestException", http.StatusBadRequest},
	codeRequestEntityTooLarge:              {frameworkShape + "RequestEntityTooLargeException", http.StatusRequestEntityTooLarge},
	codeRequestTimeout:                     {frameworkShape + "RequestTimeoutException", http.StatusRequestTimeout},
	queue.CodeAccessDenied:                 {frameworkShape + "AccessDeniedException", http.StatusForbidden},
	queue.CodeServiceUnavailable:           {frameworkShape + "ServiceUnavailable", http.StatusServiceUnavailable},
	queue.CodeInternalFailure:              {frameworkShape + "InternalFailure", http.StatusInternalServerError},
}

// kindOf looks a code up; one that is not in the catalogue is the client's fault.
func kindOf(code queue.Code) kind {
	if k, ok := catalogue[code]; ok {
		return k
	}
	return kind{frameworkShape + string(code), http.StatusBadRequest}
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
