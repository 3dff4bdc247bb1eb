package lambdaapi

import (
	"context"
	"strings"

	"github.com/queuelet/queuelet/host/function"
)

type concurrency struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

func (a *API) putConcurrency(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in concurrency
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if in.ReservedConcurrentExecutions == nil {
		return nil, failure(codeInvalidParameter, "ReservedConcurrentExecutions is missing.")
	}
	return in, a.functions.Reserve(ctx, key, in.ReservedConcurrentExecutions)
}

func (a *API) deleteConcurrency(ctx context.Context, _ *exchange, key function.Key) (any, error) {
	return nil, a.functions.Reserve(ctx, key, nil)
}

func (a *API) getConcurrency(_ context.Context, _ *exchange, key function.Key) (any, error) {
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	return concurrency{f.Reserved}, nil
}

func (a *API) tagResource(ctx context.Context, x *exchange) (any, error) {
	var in struct{ Tags map[string]string }
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	return nil, a.retag(ctx, x, in.Tags, nil)
}

func (a *API) untagResource(ctx context.Context, x *exchange) (any, error) {
	return nil, a.retag(ctx, x, nil, x.query["tagKeys"])
}

// retag changes the tags of the function or the mapping that the ARN in the path names.
func (a *API) retag(ctx context.Context, x *exchange, add map[string]string, remove []string) error {
	if id, ok := x.mappingARN(); ok {
		return a.functions.TagMapping(ctx, x.scope.Account, id, add, remove)
	}
	key, err := x.key()
	if err != nil {
		return err
	}
	return a.functions.Tag(ctx, key, add, remove)
}

// mappingARN reads the UUID of a mapping if the path has the ARN of one in the caller's account.
func (x *exchange) mappingARN() (id string, ok bool) {
	return strings.CutPrefix(x.parameter[0], "arn:aws:lambda:"+x.scope.Region+":"+x.scope.Account+mappingResource)
}

func (a *API) listTags(_ context.Context, x *exchange) (any, error) {
	tags, err := a.tagsOf(x)
	if err != nil {
		return nil, err
	}
	if tags == nil {
		tags = map[string]string{}
	}
	return struct{ Tags map[string]string }{tags}, nil
}

func (a *API) tagsOf(x *exchange) (map[string]string, error) {
	if id, ok := x.mappingARN(); ok {
		m, err := a.functions.Mapping(x.scope.Account, id)
		if err != nil {
			return nil, err
		}
		return m.Tags, nil
	}
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	return f.Tags, nil
}

// getCodeSigning says that code need not be signed. Terraform asks for it whenever it reads a function.
func (a *API) getCodeSigning(_ context.Context, _ *exchange, key function.Key) (any, error) {
	if _, err := a.functions.Function(key); err != nil {
		return nil, err
	}
	return struct{ FunctionName string }{key.Name}, nil
}

func (a *API) getAccountSettings(_ context.Context, x *exchange) (any, error) {
	type limit struct {
		TotalCodeSize, CodeSizeUnzipped, CodeSizeZipped      int64
		ConcurrentExecutions, UnreservedConcurrentExecutions int
	}
	type usage struct {
		TotalCodeSize int64
		FunctionCount int
	}
	size, count := a.functions.CodeUsed(x.scope.Account)
	return struct {
		AccountLimit limit
		AccountUsage usage
	}{
		limit{
			a.functions.MaxAccountCode(), function.MaxPackage, function.MaxPackage,
			function.DefaultConcurrency, function.DefaultConcurrency,
		},
		usage{size, count},
	}, nil
}
