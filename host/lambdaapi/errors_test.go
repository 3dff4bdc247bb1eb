package lambdaapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/queuelet/queuelet/host/function"
)

func TestAnswers(t *testing.T) {
	tests := []struct {
		err    error
		code   string
		status int
	}{
		{&function.Error{Code: function.CodeNotFound, Message: "m"}, "ResourceNotFoundException", http.StatusNotFound},
		{&function.Error{Code: function.CodeConflict, Message: "m"}, "ResourceConflictException", http.StatusConflict},
		{&function.Error{Code: function.CodeInvalid, Message: "m"}, "InvalidParameterValueException", http.StatusBadRequest},
		{&function.Error{Code: function.CodeConstraint, Message: "m"}, "ValidationException", http.StatusBadRequest},
		{&function.Error{Code: function.CodePrecondition, Message: "m"}, "PreconditionFailedException", http.StatusPreconditionFailed},
		{&function.Error{Code: function.CodeStorage, Message: "m"}, "CodeStorageExceededException", http.StatusBadRequest},
		{&function.Error{Code: function.CodeTooLarge, Message: "m"}, "RequestTooLargeException", http.StatusRequestEntityTooLarge},
		{&function.Error{Code: function.CodeTooManyEvents, Message: "m"}, "TooManyRequestsException", http.StatusTooManyRequests},
		{&function.Error{Code: function.CodeUnavailable, Message: "m"}, "ServiceException", http.StatusInternalServerError},
		{fmt.Errorf("wrapped: %w", &function.Error{Code: function.CodeAccessDenied, Message: "m"}), "AccessDeniedException", http.StatusForbidden},
		{errors.New("a secret cause"), "ServiceException", http.StatusInternalServerError},
	}
	for _, tt := range tests {
		got := answerOf(tt.err)
		if got.Code != tt.code || got.Status != tt.status {
			t.Errorf("%v is answered as %s with status %d, want %s with %d", tt.err, got.Code, got.Status, tt.code, tt.status)
		}
		if strings.Contains(got.Message, "secret") {
			t.Errorf("the answer shows a cause: %s", got.Message)
		}
	}
}
