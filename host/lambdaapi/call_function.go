package lambdaapi

import (
	"context"
	"fmt"
	"time"

	"github.com/queuelet/queuelet/host/function"
)

// settings are the members of CreateFunction and UpdateFunctionConfiguration that describe a version. Nil ones are not
// given.
type settings struct {
	unsupported

	Runtime, Handler, Role, Description *string
	MemorySize, Timeout                 *int
	Environment                         *environment
	DeadLetterConfig                    *deadLetterConfig
}

// unsupported are members whose effect a function would miss: they are refused unless they are empty.
type unsupported struct {
	Layers, FileSystemConfigs []any
	VpcConfig                 *struct {
		Subnets        []string `json:"SubnetIds"`
		SecurityGroups []string `json:"SecurityGroupIds"`
	}
	ImageConfig map[string]any
	SnapStart   *struct{ ApplyOn string }
}

func (u *unsupported) refuse() error {
	for name, given := range map[string]bool{
		"Layers": len(u.Layers) > 0, "FileSystemConfigs": len(u.FileSystemConfigs) > 0, "ImageConfig": len(u.ImageConfig) > 0,
		"VpcConfig": u.VpcConfig != nil && len(u.VpcConfig.Subnets)+len(u.VpcConfig.SecurityGroups) > 0,
		"SnapStart": u.SnapStart != nil && u.SnapStart.ApplyOn != "" && u.SnapStart.ApplyOn != "None",
	} {
		if given {
			return failure(codeInvalidParameter, "%s is not supported.", name)
		}
	}
	return nil
}

// apply changes what was given.
func (s *settings) apply(c *function.Config) {
	for _, text := range []struct{ to, from *string }{
		{&c.Runtime, s.Runtime}, {&c.Handler, s.Handler}, {&c.Role, s.Role}, {&c.Description, s.Description},
	} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if s.MemorySize != nil {
		c.MemoryMiB = *s.MemorySize
	}
	if s.Timeout != nil {
		c.Timeout = time.Duration(*s.Timeout) * time.Second
	}
	if s.Environment != nil {
		c.Environment = s.Environment.Variables
	}
	if s.DeadLetterConfig != nil {
		c.DeadLetter = s.DeadLetterConfig.TargetArn
	}
}

// source is how requests bring code: only in themselves.
type source struct {
	ZipFile         []byte
	S3Bucket, S3Key string
	ImageURI        string `json:"ImageUri"`
}

func (s *source) check() error {
	switch {
	case s.S3Bucket != "" || s.S3Key != "":
		return failure(codeInvalidParameter, "Code in S3 is not supported. Send the archive as ZipFile.")
	case s.ImageURI != "":
		return failure(codeInvalidParameter, "Container images are not supported. Send an archive with a module as ZipFile.")
	case len(s.ZipFile) == 0:
		return failure(codeInvalidParameter, "Please provide a source for function code.")
	default:
		return nil
	}
}

func (a *API) createFunction(ctx context.Context, x *exchange) (any, error) {
	var in struct {
		settings

		FunctionName  string
		Code          source
		PackageType   string
		Publish       bool
		Tags          map[string]string
		Architectures []string
	}
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	r, err := x.scope.ParseReference(in.FunctionName)
	if err != nil {
		return nil, err
	}
	if err := in.refuse(); err != nil {
		return nil, err
	}
	if err := in.Code.check(); err != nil {
		return nil, err
	}
	n := function.NewFunction{Key: r.Key, Zip: in.Code.ZipFile, Tags: in.Tags, Publish: in.Publish}
	in.apply(&n.Config)
	n.Config.Architectures = in.Architectures
	f, err := a.functions.Create(ctx, n)
	if err != nil {
		return nil, err
	}
	return a.describeChanged(f, in.Publish), nil
}

// describeChanged describes $LATEST after a change, or the version that was published with it.
func (a *API) describeChanged(f *function.Function, published bool) *configuration {
	if published && len(f.Versions) > 0 {
		v := &f.Versions[len(f.Versions)-1]
		return a.describe(f, v, v.Name())
	}
	return a.describe(f, &f.Latest, "")
}

func (a *API) updateFunctionCode(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in struct {
		source

		RevisionID      string `json:"RevisionId"`
		Publish, DryRun bool
		// FromVersion rolls $LATEST back to a published version.
		FromVersion string
	}
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if in.FromVersion != "" {
		f, err := a.functions.RollBack(ctx, key, in.FromVersion, in.RevisionID)
		if err != nil {
			return nil, err
		}
		return a.describe(f, &f.Latest, ""), nil
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	f, err := a.functions.UpdateCode(ctx, key, function.CodeUpdate{
		Zip: in.ZipFile, Revision: in.RevisionID, Publish: in.Publish, DryRun: in.DryRun,
	})
	if err != nil {
		return nil, err
	}
	return a.describeChanged(f, in.Publish && !in.DryRun), nil
}

func (a *API) updateFunctionConfiguration(ctx context.Context, x *exchange, key function.Key) (any, error) {
	var in struct {
		settings

		RevisionID string `json:"RevisionId"`
	}
	if err := x.decode(&in); err != nil {
		return nil, err
	}
	if err := in.refuse(); err != nil {
		return nil, err
	}
	f, err := a.functions.UpdateConfig(ctx, key, in.RevisionID, in.apply)
	if err != nil {
		return nil, err
	}
	return a.describe(f, &f.Latest, ""), nil
}

// find returns the function and the version that a request is about.
func (a *API) find(x *exchange) (function.Reference, *function.Function, *function.Version, error) {
	r, err := x.reference()
	if err != nil {
		return r, nil, nil, err
	}
	f, v, err := a.functions.Version(r)
	return r, f, v, err
}

func (a *API) getFunctionConfiguration(_ context.Context, x *exchange) (any, error) {
	r, f, v, err := a.find(x)
	if err != nil {
		return nil, err
	}
	return a.describe(f, v, r.Qualifier), nil
}

func (a *API) getFunction(_ context.Context, x *exchange) (any, error) {
	r, f, v, err := a.find(x)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Configuration *configuration
		Code          map[string]string
		Tags          map[string]string `json:",omitempty"`
		Concurrency   *concurrency      `json:",omitempty"`
	}{Configuration: a.describe(f, v, r.Qualifier), Code: map[string]string{}, Tags: f.Tags}
	if !f.Configured {
		answer.Code = map[string]string{"RepositoryType": "S3", "Location": a.location(x.request, v.Code)}
	}
	if f.Reserved != nil {
		answer.Concurrency = &concurrency{f.Reserved}
	}
	return answer, nil
}

func (a *API) listFunctions(_ context.Context, x *exchange) (any, error) {
	type item struct {
		f *function.Function
		v *function.Version
	}
	var all []item
	versions := x.query.Get("FunctionVersion") == "ALL"
	for _, f := range a.functions.Functions(x.scope.Account) {
		all = append(all, item{f, &f.Latest})
		for i := range f.Versions {
			if versions {
				all = append(all, item{f, &f.Versions[i]})
			}
		}
	}
	items, next, err := page(x.query, all, func(i item) string { return fmt.Sprintf("%s:%06d", i.f.Name, i.v.Number) })
	if err != nil {
		return nil, err
	}
	answer := functionList{Functions: make([]*configuration, len(items)), NextMarker: next}
	for i, item := range items {
		qualifier := ""
		if versions {
			qualifier = item.v.Name()
		}
		answer.Functions[i] = a.describe(item.f, item.v, qualifier)
	}
	return answer, nil
}

type functionList struct {
	Functions  []*configuration
	NextMarker string `json:",omitempty"`
}

func (a *API) deleteFunction(ctx context.Context, x *exchange) (any, error) {
	r, err := x.reference()
	if err != nil {
		return nil, err
	}
	return nil, a.functions.Delete(ctx, r)
}
