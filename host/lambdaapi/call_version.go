package lambdaapi

import (
	"context"
	"fmt"

	"github.com/queuelet/queuelet/host/function"
)

func (a *API) publishVersion(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in struct {
		CodeSha256, Description string
		RevisionID              string `json:"RevisionId"`
	}
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	f, v, err := a.functions.Publish(ctx, key, function.Publication{
		Description: in.Description, CodeSHA256: in.CodeSha256, Revision: in.RevisionID,
	})
	if err != nil {
		return nil, err
	}
	return a.describe(f, v, v.Name()), nil
}

func (a *API) listVersions(_ context.Context, x *exchange, key function.Key) (any, error) {
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	all := []*function.Version{&f.Latest}
	for i := range f.Versions {
		all = append(all, &f.Versions[i])
	}
	items, next, err := page(x.query, all, func(v *function.Version) string { return fmt.Sprintf("%012d", v.Number) })
	if err != nil {
		return nil, err
	}
	answer := struct {
		Versions   []*configuration
		NextMarker string `json:",omitempty"`
	}{make([]*configuration, len(items)), next}
	for i, v := range items {
		answer.Versions[i] = a.describe(f, v, v.Name())
	}
	return answer, nil
}

// aliasRequest is what CreateAlias and UpdateAlias take.
type aliasRequest struct {
	Name                         string
	FunctionVersion, Description *string
	RoutingConfig                *routing
	RevisionID                   string `json:"RevisionId"`
}

func (r *aliasRequest) change(name string) function.AliasChange {
	c := function.AliasChange{Name: name, Version: r.FunctionVersion, Description: r.Description, Revision: r.RevisionID}
	if r.RoutingConfig != nil {
		c.Weights = &r.RoutingConfig.AdditionalVersionWeights
	}
	return c
}

func (a *API) createAlias(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in aliasRequest
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if in.FunctionVersion == nil {
		return nil, failure(codeInvalidParameter, "An alias needs a FunctionVersion.")
	}
	alias, err := a.functions.CreateAlias(ctx, key, in.change(in.Name))
	if err != nil {
		return nil, err
	}
	return a.describeAlias(key, alias), nil
}

func (a *API) updateAlias(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in aliasRequest
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	alias, err := a.functions.UpdateAlias(ctx, key, in.change(x.parameter[1]))
	if err != nil {
		return nil, err
	}
	return a.describeAlias(key, alias), nil
}

func (a *API) getAlias(_ context.Context, x *exchange, key function.Key) (any, error) {
	alias, err := a.functions.Alias(key, x.parameter[1])
	if err != nil {
		return nil, err
	}
	return a.describeAlias(key, alias), nil
}

func (a *API) deleteAlias(ctx context.Context, x *exchange, key function.Key) (any, error) {
	return nil, a.functions.DeleteAlias(ctx, key, x.parameter[1])
}

func (a *API) listAliases(_ context.Context, x *exchange, key function.Key) (any, error) {
	f, err := a.functions.Function(key)
	if err != nil {
		return nil, err
	}
	var all []*function.Alias
	for i := range f.Aliases {
		if version := x.query.Get("FunctionVersion"); version == "" || f.Aliases[i].VersionName() == version {
			all = append(all, &f.Aliases[i])
		}
	}
	items, next, err := page(x.query, all, func(alias *function.Alias) string { return alias.Name })
	if err != nil {
		return nil, err
	}
	answer := struct {
		Aliases    []*aliasAnswer
		NextMarker string `json:",omitempty"`
	}{make([]*aliasAnswer, len(items)), next}
	for i, alias := range items {
		answer.Aliases[i] = a.describeAlias(key, alias)
	}
	return answer, nil
}
