package function

// The names of buckets and keys are part of the data directory's format: a golden test pins them.
const (
	recordBucket = "queuelet-functions"
	codeBucket   = "queuelet-code"

	eventStream   = "queuelet-events"
	eventSubject  = "ql.event"
	eventConsumer = "functions"

	functionPrefix = "function."
	mappingPrefix  = "mapping."
)

func functionKey(key Key) string { return functionPrefix + key.Account + "." + key.Name }

func mappingKey(m *Mapping) string { return mappingPrefix + m.Account + "." + m.UUID }
