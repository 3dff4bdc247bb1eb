package queue

import (
	"errors"
	"fmt"
)

// maxBatchEntries is how many entries a batch request may have.
const maxBatchEntries = 10

// batchEntryID returns the id of entry i of a batch request.
type batchEntryID func(i int) string

// checkBatch makes the checks that concern a batch request as a whole. operation is
// the name of the single operation.
func checkBatch(operation string, entries int, id batchEntryID) error {
	if entries == 0 {
		return refuse(CodeEmptyBatchRequest,
			"There should be at least one %sBatchRequestEntry in the request.", operation)
	}
	if entries > maxBatchEntries {
		return refuse(CodeTooManyEntriesInBatchRequest,
			"Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, entries)
	}
	for i := range entries {
		if !validName(id(i)) {
			return refuse(CodeInvalidBatchEntryID, "A batch entry id can only contain alphanumeric characters, "+
				"hyphens and underscores. It can be at most 80 letters long.")
		}
	}
	for i := range entries {
		for j := range i {
			if id(i) == id(j) {
				return refuse(CodeBatchEntryIdsNotDistinct, "Id %s repeated.", id(i))
			}
		}
	}
	return nil
}

// missingBatchParameter refuses a batch request for what entry i lacks.
func missingBatchParameter(operation string, i int, parameter string) *Error {
	return missingParameter(fmt.Sprintf("%sBatchRequestEntry.%d.%s", operation, i+1, parameter))
}

// batchFailure describes an entry that failed with err, which must be an [*Error] or
// wrap one.
func batchFailure(id string, err error) BatchFailure {
	failure := BatchFailure{ID: id, Code: CodeInternalFailure}
	if known, ok := errors.AsType[*Error](err); ok {
		failure.Code, failure.Message = known.Code, known.Message
	}
	failure.SenderFault = failure.Code != CodeInternalFailure && failure.Code != CodeServiceUnavailable
	return failure
}

// batchResult answers a batch out of what became of each entry, nil or an error.
func batchResult(failed []error, id batchEntryID) BatchResult {
	result := BatchResult{Successful: make([]string, 0, len(failed))}
	for i, err := range failed {
		if err != nil {
			result.Failed = append(result.Failed, batchFailure(id(i), err))
			continue
		}
		result.Successful = append(result.Successful, id(i))
	}
	return result
}
