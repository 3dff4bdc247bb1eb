package lambdaapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/queuelet/queuelet/host/function"
)

// operation is one operation of the API.
type operation struct {
	name   string
	method string
	// path has {} where a parameter goes.
	path string
	// body is how many bytes a request may have.
	body int64
	// status is that of a success, unless the operation sets another one.
	status int
	call   func(ctx context.Context, x *exchange) (any, error)
}

// versions are the dates that Lambda's paths begin with, those of operations that are not in the table as well: who asks
// for one is told that it is not there.
var versions = []string{
	"2014-11-13", "2015-03-31", "2016-08-19", "2017-03-31", "2017-10-31", "2018-10-31", "2019-09-25", "2019-09-30",
	"2020-04-22", "2020-06-30", "2021-07-20", "2021-10-31", "2021-11-15", "2024-08-31", "2025-11-30", "2025-12-01",
}

const (
	smallBody   = 1 << 20
	payloadBody = 6 << 20 // of an invocation that waits for its result
	// codeBody holds a package of 64 MiB in Base64, and what is around it.
	codeBody = 88 << 20

	functions    = "/2015-03-31/functions"
	mappings     = "/2015-03-31/event-source-mappings"
	eventConfigs = "/2019-09-25/functions/{}/event-invoke-config"
)

// operations is the table of all operations.
func (a *API) operations() []*operation {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const ok, created, accepted, empty = http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent
	return []*operation{
		{"CreateFunction", post, functions, codeBody, created, a.createFunction},
		{"ListFunctions", get, functions, 0, ok, a.listFunctions},
		{"GetFunction", get, functions + "/{}", 0, ok, a.getFunction},
		{"DeleteFunction", del, functions + "/{}", 0, empty, a.deleteFunction},
		{"UpdateFunctionCode", put, functions + "/{}/code", codeBody, ok, onFunction(a.updateFunctionCode)},
		{"GetFunctionConfiguration", get, functions + "/{}/configuration", 0, ok, a.getFunctionConfiguration},
		{"UpdateFunctionConfiguration", put, functions + "/{}/configuration", smallBody, ok, onFunction(a.updateFunctionConfiguration)},
		{"PublishVersion", post, functions + "/{}/versions", smallBody, created, onFunction(a.publishVersion)},
		{"ListVersionsByFunction", get, functions + "/{}/versions", 0, ok, onFunction(a.listVersions)},
		{"CreateAlias", post, functions + "/{}/aliases", smallBody, created, onFunction(a.createAlias)},
		{"ListAliases", get, functions + "/{}/aliases", 0, ok, onFunction(a.listAliases)},
		{"GetAlias", get, functions + "/{}/aliases/{}", 0, ok, onFunction(a.getAlias)},
		{"UpdateAlias", put, functions + "/{}/aliases/{}", smallBody, ok, onFunction(a.updateAlias)},
		{"DeleteAlias", del, functions + "/{}/aliases/{}", 0, empty, onFunction(a.deleteAlias)},

		{"Invoke", post, functions + "/{}/invocations", payloadBody, ok, a.invoke},
		{"ListInvocations", get, functions + "/{}/invocations", 0, ok, onFunction(a.listInvocations)},
		{"InvokeAsync", post, "/2014-11-13/functions/{}/invoke-async", payloadBody, accepted, a.invokeAsync},

		{"CreateEventSourceMapping", post, mappings, smallBody, accepted, a.createMapping},
		{"ListEventSourceMappings", get, mappings, 0, ok, a.listMappings},
		{"GetEventSourceMapping", get, mappings + "/{}", 0, ok, a.getMapping},
		{"UpdateEventSourceMapping", put, mappings + "/{}", smallBody, accepted, a.updateMapping},
		{"DeleteEventSourceMapping", del, mappings + "/{}", 0, accepted, a.deleteMapping},

		{"PutFunctionConcurrency", put, "/2017-10-31/functions/{}/concurrency", smallBody, ok, onFunction(a.putConcurrency)},
		{"DeleteFunctionConcurrency", del, "/2017-10-31/functions/{}/concurrency", 0, empty, onFunction(a.deleteConcurrency)},
		{"GetFunctionConcurrency", get, "/2019-09-30/functions/{}/concurrency", 0, ok, onFunction(a.getConcurrency)},
		{"PutFunctionEventInvokeConfig", put, eventConfigs, smallBody, ok, a.putEventConfig},
		{"UpdateFunctionEventInvokeConfig", post, eventConfigs, smallBody, ok, a.updateEventConfig},
		{"GetFunctionEventInvokeConfig", get, eventConfigs, 0, ok, a.getEventConfig},
		{"DeleteFunctionEventInvokeConfig", del, eventConfigs, 0, empty, a.deleteEventConfig},
		{"ListFunctionEventInvokeConfigs", get, eventConfigs + "/list", 0, ok, onFunction(a.listEventConfigs)},
		{"GetFunctionCodeSigningConfig", get, "/2020-06-30/functions/{}/code-signing-config", 0, ok, onFunction(a.getCodeSigning)},
		{"TagResource", post, "/2017-03-31/tags/{}", smallBody, empty, a.tagResource},
		{"UntagResource", del, "/2017-03-31/tags/{}", 0, empty, a.untagResource},
		{"ListTags", get, "/2017-03-31/tags/{}", 0, ok, a.listTags},
		{"GetAccountSettings", get, "/2016-08-19/account-settings", 0, ok, a.getAccountSettings},
	}
}

// onFunction is the call of an operation that is about a function with all of its versions.
func onFunction(
	call func(ctx context.Context, x *exchange, key function.Key) (any, error),
) func(ctx context.Context, x *exchange) (any, error) {
	return func(ctx context.Context, x *exchange) (any, error) {
		key, err := x.key()
		if err != nil {
			return nil, err
		}
		return call(ctx, x, key)
	}
}

// maxSegments is the most that a path of the table has.
const maxSegments = 5

// route finds the operation that a method and the escaped path of a URL mean, and the parameters in the path. known says
// that the path is one of another method.
func route(table []*operation, method, path string) (op *operation, parameters []string, known bool) {
	given := strings.SplitN(strings.Trim(path, "/"), "/", maxSegments+1)
	for _, candidate := range table {
		found, ok := match(candidate.path, given)
		if !ok {
			continue
		}
		if candidate.method == method {
			return candidate, found, true
		}
		known = true
	}
	return nil, nil, known
}

// match compares a pattern with the segments of a path.
func match(pattern string, given []string) (parameters []string, ok bool) {
	i := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		if i == len(given) {
			return nil, false
		}
		text := given[i]
		i++
		if segment != "{}" {
			if segment != text {
				return nil, false
			}
			continue
		}
		parameter, err := url.PathUnescape(text)
		if err != nil || parameter == "" {
			return nil, false
		}
		parameters = append(parameters, parameter)
	}
	return parameters, i == len(given)
}
