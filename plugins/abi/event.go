package abi

// Event is what a function is invoked with: AWS Lambda's SQS event.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type Event struct {
	Records []Record `json:"Records"`
}

// Record is one message of an Event.
type Record struct {
	MessageID     string `json:"messageId"`
	ReceiptHandle string `json:"receiptHandle"`
	Body          string `json:"body"`
	// Attributes are the system attributes: ApproximateReceiveCount, SentTimestamp, SenderId,
	// ApproximateFirstReceiveTimestamp and, on FIFO queues, SequenceNumber, MessageGroupId and MessageDeduplicationId.
	Attributes             map[string]string           `json:"attributes"`
	MessageAttributes      map[string]MessageAttribute `json:"messageAttributes"`
	MD5OfBody              string                      `json:"md5OfBody"`
	MD5OfMessageAttributes string                      `json:"md5OfMessageAttributes,omitempty"`
	EventSource            string                      `json:"eventSource"`    // always "aws:sqs"
	EventSourceARN         string                      `json:"eventSourceARN"` // of the queue
	AWSRegion              string                      `json:"awsRegion"`
}

// MessageAttribute is one attribute a producer gave to a message.
type MessageAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"` // base64 in JSON
	StringListValues []string `json:"stringListValues"`      // reserved by SQS, always empty
	BinaryListValues [][]byte `json:"binaryListValues"`      // reserved by SQS, always empty
	DataType         string   `json:"dataType"`
}

// Invocation is what a guest can ask about the invocation it works on; event_context gives it as JSON.
type Invocation struct {
	RequestID     string `json:"requestId"`
	DeadlineMs    int64  `json:"deadlineMs"` // Unix time in milliseconds
	FunctionName  string `json:"functionName"`
	FunctionARN   string `json:"functionArn"`
	MemoryLimitMB int    `json:"memoryLimitMb"`
	Attempt       int    `json:"attempt"` // highest receive count among the records; 1 the first time
}
