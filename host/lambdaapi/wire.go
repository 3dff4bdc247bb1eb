package lambdaapi

import (
	"encoding/json"
	"time"

	"github.com/queuelet/queuelet/host/function"
)

// environment is the member Environment of requests and answers.
type environment struct {
	Variables map[string]string
}

// deadLetterConfig is the member DeadLetterConfig of requests and answers.
type deadLetterConfig struct{ TargetArn string }

// configuration is the answer FunctionConfiguration.
type configuration struct {
	FunctionName, FunctionArn, Runtime, Role, Handler string

	CodeSize            int64
	Description         string
	Timeout, MemorySize int
	LastModified        string
	CodeSha256, Version string
	Environment         *environment      `json:",omitempty"`
	DeadLetterConfig    *deadLetterConfig `json:",omitempty"`
	TracingConfig       mode
	RevisionID          string `json:"RevisionId"`
	State               string
	StateReason         string `json:",omitempty"`
	StateReasonCode     string `json:",omitempty"`
	LastUpdateStatus    string
	PackageType         string
	Architectures       []string
	EphemeralStorage    ephemeralStorage
	SnapStart           snapStart
	LoggingConfig       logging
}

type (
	mode             struct{ Mode string }
	ephemeralStorage struct{ Size int }
	snapStart        struct{ ApplyOn, OptimizationStatus string }
	logging          struct{ LogFormat, LogGroup string }
)

// lambdaTime is how Lambda writes the time of a change.
const lambdaTime = "2006-01-02T15:04:05.000-0700"

// The states of a function.
const (
	stateActive  = "Active"
	statePending = "Pending"
	stateFailed  = "Failed"
)

// describe makes the answer for a version. The ARN has the qualifier that the caller asked with.
func (a *API) describe(f *function.Function, v *function.Version, qualifier string) *configuration {
	c := &configuration{
		FunctionName: f.Name, FunctionArn: function.ARN(a.functions.Region(), function.Reference{Key: f.Key, Qualifier: qualifier}),
		Runtime: v.Config.Runtime, Role: v.Config.Role, Handler: v.Config.Handler, CodeSize: v.Code.Size,
		Description: v.Config.Description, Timeout: int(v.Config.Timeout.Seconds()), MemorySize: v.Config.MemoryMiB,
		LastModified: v.Modified.Format(lambdaTime), CodeSha256: v.Code.SHA256, Version: v.Name(),
		TracingConfig: mode{"PassThrough"}, RevisionID: v.Revision, State: stateActive, LastUpdateStatus: "Successful",
		PackageType: "Zip", Architectures: v.Config.Architectures, EphemeralStorage: ephemeralStorage{512},
		SnapStart: snapStart{"None", "Off"}, LoggingConfig: logging{"Text", "/aws/lambda/" + f.Name},
	}
	if len(v.Config.Environment) > 0 {
		c.Environment = &environment{v.Config.Environment}
	}
	if v.Config.DeadLetter != "" {
		c.DeadLetterConfig = &deadLetterConfig{v.Config.DeadLetter}
	}
	if v.Number != 0 {
		return c // a published version that nobody refers to is put into service when it is invoked
	}
	switch t, err := a.functions.Resolve(function.Reference{Key: f.Key}); {
	case err != nil || t.Ready:
	case t.Problem != "":
		c.State, c.StateReason, c.StateReasonCode = stateFailed, t.Problem, "InternalError"
	default:
		c.State, c.StateReason, c.StateReasonCode = statePending, "The function is being restored.", "Restoring"
	}
	return c
}

// aliasAnswer is the answer AliasConfiguration.
type aliasAnswer struct {
	AliasArn, Name, FunctionVersion, Description string

	RoutingConfig *routing `json:",omitempty"`
	RevisionID    string   `json:"RevisionId"`
}

type routing struct {
	AdditionalVersionWeights map[string]float64
}

func (a *API) describeAlias(key function.Key, alias *function.Alias) *aliasAnswer {
	answer := &aliasAnswer{
		AliasArn: function.ARN(a.functions.Region(), function.Reference{Key: key, Qualifier: alias.Name}),
		Name:     alias.Name, FunctionVersion: alias.VersionName(), Description: alias.Description, RevisionID: alias.Revision,
	}
	if len(alias.Weights) > 0 {
		answer.RoutingConfig = &routing{alias.Routing()}
	}
	return answer
}

// epoch is a time as REST JSON writes it: seconds since 1970.
type epoch time.Time

// MarshalJSON writes a number with milliseconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Time(e).UnixMilli()) / 1000) //nolint:wrapcheck // a number can always be encoded
}
