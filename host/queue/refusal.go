package queue

import "fmt"

// Wordings that more than one operation uses. What a single operation says stands
// in its own file.

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func missingParameter(name string) *Error {
	return refuse(CodeMissingParameter, "The request must contain the parameter %s.", name)
}

// invalidParameter refuses a parameter and repeats its value.
func invalidParameter(name, value, reason string) *Error {
	return refuse(CodeInvalidParameterValue, "Value %s for parameter %s is invalid. Reason: %s", value, name, reason)
}

// invalidUnquoted refuses a parameter without repeating its value.
func invalidUnquoted(name, reason string) *Error {
	return refuse(CodeInvalidParameterValue, "Value for parameter %s is invalid. Reason: %s", name, reason)
}

// wrongQueueType refuses a parameter that only the other type of queue knows.
func wrongQueueType(name, value string) *Error {
	return invalidParameter(name, value, "The request include parameter that is not valid for this queue type.")
}

func unknownAttribute(name string) *Error {
	return refuse(CodeInvalidAttributeName, "Unknown Attribute %s.", name)
}

func invalidAttribute(name string) *Error {
	return refuse(CodeInvalidAttributeValue, "Invalid value for the parameter %s.", name)
}

// invalidAttributeBecause joins the reason with the separator that AWS uses for it:
// a blank, or a line feed where it prints the reason on its own line.
func invalidAttributeBecause(name, separator, reason string) *Error {
	return refuse(CodeInvalidAttributeValue, "Invalid value for the parameter %s.%sReason: %s", name, separator, reason)
}

func queueDoesNotExist() *Error {
	return &Error{Code: CodeQueueDoesNotExist, Message: "The specified queue does not exist.", Err: ErrQueueNotFound}
}
