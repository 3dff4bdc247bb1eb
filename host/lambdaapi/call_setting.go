package lambdaapi

import (
	"context"

	"github.com/queuelet/queuelet/host/function"
)

type concurrency struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

func (a *API) putConcurrency(ctx context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	var in concurrency
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if in.ReservedConcurrentExecutions == nil {
		return nil, failure(codeInvalidParameter, "ReservedConcurrentExecutions is missing.")
	}
	return in, a.functions.Reserve(ctx, key, in.ReservedConcurrentExecutions)
}

func (a *API) deleteConcurrency(ctx context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	return nil, a.functions.Reserve(ctx, key, nil)
}

func (a *API) getConcurrency(_ context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	return concurrency{f.Reserved}, nil
}

func (a *API) tagResource(ctx context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	var in struct{ Tags map[string]string }
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	return nil, a.functions.Tag(ctx, key, in.Tags, nil)
}

func (a *API) untagResource(ctx context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	return nil, a.functions.Tag(ctx, key, nil, x.query["tagKeys"])
}

func (a *API) listTags(_ context.Context, x *exchange) (any, error) {
	key, err := x.key()
	if err != nil {
		return nil, err
	}
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	answer := struct{ Tags map[string]string }{f.Tags}
	if answer.Tags == nil {
		answer.Tags = map[string]string{}
	}
	return answer, nil
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
