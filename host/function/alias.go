package function

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// AliasChange is what CreateAlias and UpdateAlias take. Nil fields stay as they are.
type AliasChange struct {
	Name        string
	Version     *string // $LATEST or a number
	Description *string
	Weights     *map[string]float64 // by version
	Revision    string              // that the caller has seen; "" for any
}

// CreateAlias gives a version a name.
func (s *Service) CreateAlias(ctx context.Context, key Key, c AliasChange) (*Alias, error) {
	if !aliasPattern.MatchString(c.Name) || isNumber(c.Name) {
		return nil, refuse(CodeConstraint, "1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)", excerpt(c.Name))
	}
	f, err := s.change(ctx, key, "", func(f *Function) error {
		if f.alias(c.Name) != nil {
			return refuse(CodeConflict, "Alias already exists: %s", ARN(s.options.Region, Reference{key, c.Name}))
		}
		if len(f.Aliases) >= maxAliases {
			return refuse(CodeInvalid, "The function has %d aliases; more are not possible.", len(f.Aliases))
		}
		alias := Alias{Name: c.Name}
		if err := s.apply(f, &alias, c); err != nil {
			return err
		}
		i, _ := slices.BinarySearchFunc(f.Aliases, c.Name, compareAlias)
		f.Aliases = slices.Insert(f.Aliases, i, alias)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f.alias(c.Name), nil
}

// UpdateAlias points an alias to another version: a deployment, or a roll-back, in one call.
func (s *Service) UpdateAlias(ctx context.Context, key Key, c AliasChange) (*Alias, error) {
	f, err := s.change(ctx, key, "", func(f *Function) error {
		alias := f.alias(c.Name)
		if alias == nil {
			return s.aliasNotFound(key, c.Name)
		}
		if err := checkRevision(c.Revision, alias.Revision); err != nil {
			return err
		}
		return s.apply(f, alias, c)
	})
	if err != nil {
		return nil, err
	}
	return f.alias(c.Name), nil
}

// apply changes an alias of a function.
func (s *Service) apply(f *Function, alias *Alias, c AliasChange) error {
	if c.Version != nil {
		number, err := s.existing(f, *c.Version)
		if err != nil {
			return err
		}
		alias.Version = number
	}
	if c.Description != nil {
		if err := checkLength("description", *c.Description, maxDescription); err != nil {
			return err
		}
		alias.Description = *c.Description
	}
	if c.Weights != nil {
		weights, err := s.weights(f, alias, *c.Weights)
		if err != nil {
			return err
		}
		if alias.Weights = weights; len(weights) == 0 {
			alias.Weights = nil
		}
	}
	alias.Revision = newRevision()
	return nil
}

func (s *Service) existing(f *Function, version string) (int, error) {
	number, ok := versionNumber(version)
	if !ok || version == "" || f.version(number) == nil {
		return 0, s.notFound(Reference{f.Key, excerpt(version)})
	}
	return number, nil
}

// weights checks the other versions that get a share of the invocations; Lambda allows one.
func (s *Service) weights(f *Function, alias *Alias, given map[string]float64) (map[int]float64, error) {
	if len(given) > 1 {
		return nil, refuse(CodeInvalid, "Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	weights := make(map[int]float64, len(given))
	for version, weight := range given {
		number, err := s.existing(f, version)
		switch {
		case err != nil:
			return nil, err
		case !(weight >= 0 && weight <= 1):
			return nil, refuse(CodeInvalid, "The weight of version %s has to be between 0 and 1.", version)
		case number == 0 || alias.Version == 0:
			return nil, refuse(CodeInvalid, "$LATEST is not supported for an alias pointing to more than 1 version")
		case number == alias.Version:
			return nil, refuse(CodeInvalid, "Invalid function version %s. Function version %s is already included in routing configuration.", version, version)
		}
		weights[number] = weight
	}
	return weights, nil
}

// DeleteAlias removes an alias; one that does not exist is no error, as in AWS.
func (s *Service) DeleteAlias(ctx context.Context, key Key, name string) error {
	_, err := s.change(ctx, key, "", func(f *Function) error {
		if f.alias(name) == nil {
			return errNothing
		}
		f.Aliases = slices.DeleteFunc(f.Aliases, func(a Alias) bool { return a.Name == name })
		return nil
	})
	return err
}

// Alias returns an alias of a function.
func (s *Service) Alias(key Key, name string) (*Alias, error) {
	f, err := s.Function(key)
	if err != nil {
		return nil, err
	}
	if alias := f.alias(name); alias != nil {
		return alias, nil
	}
	return nil, s.aliasNotFound(key, name)
}

func (s *Service) aliasNotFound(key Key, name string) *Error {
	return refuse(CodeNotFound, "Cannot find alias arn: %s", ARN(s.options.Region, Reference{key, excerpt(name)}))
}

// Routing is the alias's weights by the names of versions.
func (a *Alias) Routing() map[string]float64 {
	routing := make(map[string]float64, len(a.Weights))
	for _, number := range slices.Sorted(maps.Keys(a.Weights)) {
		routing[versionName(number)] = a.Weights[number]
	}
	return routing
}

// VersionName is the version that the alias points to, $LATEST or a number.
func (a *Alias) VersionName() string { return versionName(a.Version) }

func compareAlias(a Alias, name string) int { return strings.Compare(a.Name, name) }
