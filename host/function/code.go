package function

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// codeOf names a package.
func codeOf(zip []byte) Package {
	sum := sha256.Sum256(zip)
	return Package{SHA256: base64.StdEncoding.EncodeToString(sum[:]), Size: int64(len(zip))}
}

// object is the name of the package in its bucket.
func (p Package) object() string {
	sum, err := base64.StdEncoding.DecodeString(p.SHA256)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(sum)
}

// want keeps a package from being collected until the returned function is called.
func (s *Service) want(code Package) (done func()) {
	s.codes.Lock()
	defer s.codes.Unlock()
	s.wanted[code.SHA256]++
	return func() {
		s.codes.Lock()
		defer s.codes.Unlock()
		if s.wanted[code.SHA256]--; s.wanted[code.SHA256] == 0 {
			delete(s.wanted, code.SHA256)
		}
	}
}

// keep stores a package that is wanted, unless it is there.
func (s *Service) keep(ctx context.Context, code Package, zip []byte) error {
	info, err := s.objects.GetInfo(ctx, code.object())
	if err == nil && info.Size == uint64(code.Size) {
		return nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return unavailable("look for the code", err)
	}
	if _, err := s.objects.Put(ctx, jetstream.ObjectMeta{Name: code.object()}, bytes.NewReader(zip)); err != nil {
		return unavailable("keep the code", err)
	}
	return nil
}

// Download returns the package of a version, as it was uploaded.
func (s *Service) Download(ctx context.Context, code Package) ([]byte, error) {
	zip, err := s.objects.GetBytes(ctx, code.object())
	if err != nil {
		return nil, unavailable("read the code", err)
	}
	if codeOf(zip) != code {
		return nil, unavailable("read the code", errors.New("its checksum differs"))
	}
	return zip, nil
}

// collect removes packages that no version has any more. One that cannot be removed now is when the process starts.
func (s *Service) collect(ctx context.Context, candidates []Package) {
	s.codes.Lock()
	defer s.codes.Unlock()
	used := s.usedCodes()
	for _, code := range candidates {
		if used[code.object()] || s.wanted[code.SHA256] > 0 {
			continue
		}
		used[code.object()] = true // once
		err := s.objects.Delete(ctx, code.object())
		if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
			s.options.Logger.WarnContext(ctx, "unused code remains until the next start", "error", err)
		}
	}
}

// collectAll removes all packages that no version has, such as those of changes that a crash cut short.
func (s *Service) collectAll(ctx context.Context) error {
	stored, err := s.objects.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil
	}
	if err != nil {
		return unavailable("list the code", err)
	}
	s.codes.Lock()
	defer s.codes.Unlock()
	used := s.usedCodes()
	for code := range s.wanted {
		used[Package{SHA256: code}.object()] = true
	}
	for _, info := range stored {
		if used[info.Name] {
			continue
		}
		if err := s.objects.Delete(ctx, info.Name); err != nil {
			return unavailable("remove unused code", err)
		}
	}
	return nil
}

// usedCodes are the objects that versions have.
func (s *Service) usedCodes() map[string]bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	used := map[string]bool{}
	for _, f := range s.functions {
		for _, code := range f.codes() {
			used[code.object()] = true
		}
	}
	return used
}

// CodeUsed is how many bytes the packages of an account take, each counted once, and how many functions there are.
func (s *Service) CodeUsed(account string) (size int64, functions int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.codeUsed(account)
}

func (s *Service) codeUsed(account string) (size int64, functions int) {
	counted := map[string]bool{}
	for key, f := range s.functions {
		if key.Account != account {
			continue
		}
		functions++
		for _, code := range f.codes() {
			if !counted[code.SHA256] {
				counted[code.SHA256] = true
				size += code.Size
			}
		}
	}
	return size, functions
}

// admit refuses a package for which the account has no room. Packages of calls under way are not counted, so several at
// a time may take a little more.
func (s *Service) admit(account string, code Package) error {
	if code.Size > MaxPackage {
		return refuse(CodeTooLarge, "The package has %d bytes; at most %d are allowed.", code.Size, MaxPackage)
	}
	if used, _ := s.CodeUsed(account); used+code.Size > s.options.MaxAccountCode {
		return refuse(CodeStorage, "Code storage limit exceeded: %d bytes are in use and %d more are wanted; at most %d are allowed. "+
			"Delete versions or functions.", used, code.Size, s.options.MaxAccountCode)
	}
	return nil
}

// MaxAccountCode is how many bytes the packages of an account may take.
func (s *Service) MaxAccountCode() int64 { return s.options.MaxAccountCode }
