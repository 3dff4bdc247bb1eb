package function

import (
	"cmp"
	"context"
	"maps"
)

// NewFunction is what CreateFunction takes.
type NewFunction struct {
	Key

	Config  Config
	Zip     []byte // a zip archive
	Tags    map[string]string
	Publish bool // also publish version 1
}

// Create makes a function and puts it into service.
func (s *Service) Create(ctx context.Context, n NewFunction) (*Function, error) {
	n.Config.fillIn()
	if err := n.Config.validate(); err != nil {
		return nil, err
	}
	if err := checkTags(n.Tags); err != nil {
		return nil, err
	}
	if err := s.checkDeadLetter(ctx, n.Key, "", n.Config.DeadLetter); err != nil {
		return nil, err
	}
	code := codeOf(n.Zip)
	if err := s.admit(n.Account, code); err != nil {
		return nil, err
	}
	module, err := ReadPackage(n.Zip, n.Config.Runtime, n.Config.Handler)
	if err != nil {
		return nil, err
	}
	end, err := s.take(ctx, n.Key)
	if err != nil {
		return nil, err
	}
	defer end()
	if _, err := s.Function(n.Key); err == nil {
		return nil, refuse(CodeConflict, "Function already exist: %s", n.Name)
	}
	if _, count := s.CodeUsed(n.Account); count >= MaxFunctions {
		return nil, refuse(CodeInvalid, "The account has %d functions; more are not possible.", count)
	}
	f := &Function{Key: n.Key, Next: 1, Tags: maps.Clone(n.Tags), Latest: Version{Code: code, Config: n.Config}}
	f.touch()
	f.Created = f.Latest.Modified
	if n.Publish {
		f.publish("")
	}
	return f, s.store(ctx, f, n.Zip, module)
}

// store puts a changed function into service and keeps it. module is the new code of $LATEST, nil if it has not
// changed.
func (s *Service) store(ctx context.Context, f *Function, zip []byte, module *Module) error {
	f.dropEventConfigs()
	defer s.want(f.Latest.Code)()
	if zip != nil {
		if err := s.keep(ctx, f.Latest.Code, zip); err != nil {
			return err
		}
	}
	for _, v := range s.referred(f) {
		var of *Module
		if v.Code == f.Latest.Code {
			of = module
		}
		if err := s.serve(ctx, f, v, of); err != nil {
			s.undo(ctx, f.Key)
			return err
		}
	}
	before := s.stored(f.Key)
	if err := s.write(ctx, f); err != nil {
		s.undo(ctx, f.Key)
		return err
	}
	s.retire(f.Key, f)
	if before != nil {
		s.collect(context.WithoutCancel(ctx), before.codes())
	}
	s.options.Changed()
	return nil
}

// stored returns a deployed function as it is known now, nil if there is none.
func (s *Service) stored(key Key) *Function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.functions[key]
}

// change takes a function through a change of its document. A revision that the caller has seen must still be the one
// of $LATEST.
func (s *Service) change(ctx context.Context, key Key, revision string, do func(f *Function) error) (*Function, error) {
	f, end, err := s.begin(ctx, key, revision)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := do(f); err != nil {
		if err == errNothing { //nolint:errorlint // never wrapped
			return s.stored(key), nil
		}
		return nil, err
	}
	return f, s.store(ctx, f, nil, nil)
}

// begin waits for the turn to change a deployed function and returns a copy of it. A revision that the caller has seen must
// still be the one of $LATEST. end gives the turn on.
func (s *Service) begin(ctx context.Context, key Key, revision string) (f *Function, end func(), err error) {
	end, err = s.take(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	f, err = s.changeable(key)
	if err == nil {
		err = checkRevision(revision, f.Latest.Revision)
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return f.clone(), end, nil
}

func checkRevision(seen, now string) error {
	if seen != "" && seen != now {
		return refuse(CodePrecondition, "The Revision Id provided does not match the latest Revision Id. "+
			"Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return nil
}

// CodeUpdate is what UpdateFunctionCode takes.
type CodeUpdate struct {
	Zip      []byte // a zip archive
	Revision string // that the caller has seen; "" for any
	Publish  bool
	DryRun   bool // only say whether it would be possible
}

// UpdateCode replaces the code of $LATEST. With Publish the new version is the last of the result.
func (s *Service) UpdateCode(ctx context.Context, key Key, u CodeUpdate) (*Function, error) {
	code := codeOf(u.Zip)
	f, end, err := s.begin(ctx, key, u.Revision)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := s.admit(key.Account, code); err != nil {
		return nil, err
	}
	module, err := ReadPackage(u.Zip, f.Latest.Config.Runtime, f.Latest.Config.Handler)
	if err != nil {
		return nil, err
	}
	f.Latest.Code = code
	f.touch()
	if u.DryRun {
		return f, nil
	}
	if u.Publish {
		f.publish("")
	}
	return f, s.store(ctx, f, u.Zip, module)
}

// UpdateConfig changes the configuration of $LATEST.
func (s *Service) UpdateConfig(ctx context.Context, key Key, revision string, change func(*Config)) (*Function, error) {
	return s.change(ctx, key, revision, func(f *Function) error {
		before := f.Latest.Config.DeadLetter
		change(&f.Latest.Config)
		if err := f.Latest.Config.validate(); err != nil {
			return err
		}
		f.touch()
		return s.checkDeadLetter(ctx, key, before, f.Latest.Config.DeadLetter)
	})
}

// checkDeadLetter refuses another dead-letter queue than before that cannot be sent to.
func (s *Service) checkDeadLetter(ctx context.Context, key Key, before, now string) error {
	if now == before || now == "" {
		return nil
	}
	return s.options.CheckDestination(ctx, Reference{Key: key}, now)
}

// Delete removes a function with all versions and aliases, or one published version. A mapping of it goes on waiting
// for a function of that name, as in Lambda.
func (s *Service) Delete(ctx context.Context, r Reference) error {
	if r.Qualifier != "" {
		return s.deleteVersion(ctx, r)
	}
	end, err := s.take(ctx, r.Key)
	if err != nil {
		return err
	}
	defer end()
	f, err := s.changeable(r.Key)
	if err != nil {
		return err
	}
	if err := s.drop(ctx, functionKey(r.Key), f.revision); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.functions, r.Key)
	s.mu.Unlock()
	s.retire(r.Key, nil)
	s.collect(context.WithoutCancel(ctx), f.codes())
	s.options.Changed()
	return nil
}

// Reserve sets how many invocations of a function may run at a time, of each version; nil takes the limit away. Zero
// stops it.
func (s *Service) Reserve(ctx context.Context, key Key, concurrency *int) error {
	if concurrency != nil && (*concurrency < 0 || *concurrency > DefaultConcurrency) {
		return refuse(CodeInvalid, "The reserved concurrency has to be between 0 and %d.", DefaultConcurrency)
	}
	_, err := s.change(ctx, key, "", func(f *Function) error {
		f.Reserved = concurrency
		return nil
	})
	return err
}

// Tag adds and removes tags of a function.
func (s *Service) Tag(ctx context.Context, key Key, add map[string]string, remove []string) error {
	_, err := s.change(ctx, key, "", func(f *Function) error {
		var err error
		f.Tags, err = retag(f.Tags, add, remove)
		return err
	})
	return err
}

// retag makes tags of others, which stay as they are.
func retag(tags, add map[string]string, remove []string) (map[string]string, error) {
	changed := make(map[string]string, len(tags)+len(add))
	maps.Copy(changed, tags)
	maps.Copy(changed, add)
	for _, name := range remove {
		delete(changed, name)
	}
	return changed, checkTags(changed)
}

// Quotas of tags (AWS Lambda developer guide, "Using tags on Lambda functions").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return refuse(CodeInvalid, "At most %d tags are possible.", maxTags)
	}
	for key, value := range tags {
		if key == "" || len(key) > maxTagKey || len(value) > maxTagValue {
			return refuse(CodeInvalid, "The tag key '%s' or its value is too long or empty.", excerpt(key))
		}
	}
	return nil
}

// fillIn sets what was left out.
func (c *Config) fillIn() {
	if c.MemoryMiB == 0 {
		c.MemoryMiB = DefaultMemoryMiB
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if len(c.Architectures) == 0 {
		c.Architectures = []string{"x86_64"}
	}
}

// maxEnvironment is Lambda's quota for all variables of a function.
const maxEnvironment = 4 << 10

func (c *Config) validate() error {
	size := 0
	for name, value := range c.Environment {
		if !environmentPattern.MatchString(name) {
			return refuse(CodeConstraint, "1 validation error detected: Value at 'environment.variables' failed to satisfy "+
				"constraint: Map keys must satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+")
		}
		size += len(name) + len(value)
	}
	switch {
	case !knownRuntime(c.Runtime):
		return refuse(CodeInvalid, "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			excerpt(c.Runtime), runtimeList)
	case size > maxEnvironment:
		return refuse(CodeInvalid, "Lambda was unable to configure your environment variables because the environment variables you "+
			"have provided exceeded the 4KB limit.")
	}
	return cmp.Or( //nolint:wrapcheck // they are ours
		checkRange("memorySize", c.MemoryMiB, minMemoryMiB, maxMemoryMiB),
		checkRange("timeout", int(c.Timeout.Seconds()), 1, int(maxTimeout.Seconds())),
		checkLength("description", c.Description, maxDescription),
		checkLength("handler", c.Handler, maxHandler),
		checkLength("role", c.Role, maxRole),
		checkLength("deadLetterConfig.targetArn", c.DeadLetter, maxDestination),
	)
}

const (
	maxDescription = 256
	maxHandler     = 128
	maxRole        = 256
)
