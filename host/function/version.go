package function

import (
	"context"
	"reflect"
	"slices"
)

// Publication is what PublishVersion takes. Empty fields are not checked.
type Publication struct {
	Description string // instead of that of $LATEST
	CodeSHA256  string // that $LATEST must have
	Revision    string // that $LATEST must have
}

// Publish makes a version of what $LATEST is now. When nothing has changed since the last one, that one is returned.
func (s *Service) Publish(ctx context.Context, key Key, p Publication) (*Function, *Version, error) {
	var published int
	f, err := s.change(ctx, key, p.Revision, func(f *Function) error {
		if now := f.Latest.Code.SHA256; p.CodeSHA256 != "" && p.CodeSHA256 != now {
			return refuse(CodeInvalid, "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again "+
				"with the CodeSHA256 in $LATEST.", excerpt(p.CodeSHA256), now)
		}
		if err := checkLength("description", p.Description, maxDescription); err != nil {
			return err
		}
		var fresh bool
		if published, fresh = f.publish(p.Description); !fresh {
			return errNothing
		}
		return s.makeRoom(f)
	})
	if err != nil {
		return nil, nil, err
	}
	return f, f.version(published), nil
}

// publish appends a version, unless $LATEST has not changed since the last one.
func (f *Function) publish(description string) (number int, fresh bool) {
	v := f.Latest
	if len(f.Versions) > 0 {
		last := f.Versions[len(f.Versions)-1]
		was := last.Config
		if last.Modified.Equal(v.Modified) {
			was.Description = v.Config.Description // it may have been published with another one
		}
		if last.Code == v.Code && reflect.DeepEqual(was, v.Config) {
			return last.Number, false
		}
	}
	if description != "" {
		v.Config.Description = description
	}
	v.Number = f.Next
	v.Revision = newRevision()
	f.Next++
	f.Versions = append(f.Versions, v)
	return v.Number, true
}

// makeRoom drops the oldest versions that nobody refers to, so that no more than so many stay.
func (s *Service) makeRoom(f *Function) error {
	referred := map[int]bool{}
	for _, v := range s.referred(f) {
		referred[v.Number] = true
	}
	for len(f.Versions) > s.options.MaxVersions {
		i := slices.IndexFunc(f.Versions[:len(f.Versions)-1], func(v Version) bool { return !referred[v.Number] })
		if i < 0 {
			return refuse(CodeStorage, "All of the %d versions are referred to by aliases or mappings. Delete some.", s.options.MaxVersions)
		}
		f.Versions = slices.Delete(f.Versions, i, i+1)
	}
	return nil
}

// RollBack makes $LATEST what a published version is: its code and its configuration.
func (s *Service) RollBack(ctx context.Context, key Key, version, revision string) (*Function, error) {
	return s.change(ctx, key, revision, func(f *Function) error {
		number, ok := versionNumber(version)
		v := f.version(number)
		if !ok || number == 0 || v == nil {
			return s.notFound(Reference{key, excerpt(version)})
		}
		f.Latest.Code, f.Latest.Config = v.Code, v.Config
		f.touch()
		return nil
	})
}

// deleteVersion removes a published version that nobody refers to.
func (s *Service) deleteVersion(ctx context.Context, r Reference) error {
	number, ok := versionNumber(r.Qualifier)
	switch {
	case !ok:
		return refuse(CodeInvalid, "Deletion of aliases is not currently supported. Use DeleteAlias.")
	case number == 0:
		return refuse(CodeInvalid, "$LATEST version cannot be deleted without deleting the function.")
	}
	_, err := s.change(ctx, r.Key, "", func(f *Function) error {
		if f.version(number) == nil {
			return errNothing // as in AWS, it is no error
		}
		for i := range f.Aliases {
			if _, weighted := f.Aliases[i].Weights[number]; weighted || f.Aliases[i].Version == number {
				return refuse(CodeConflict, "Failed to delete the version: alias %s points to it.", f.Aliases[i].Name)
			}
		}
		f.Versions = slices.DeleteFunc(f.Versions, func(v Version) bool { return v.Number == number })
		return nil
	})
	return err
}
