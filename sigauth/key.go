package sigauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"strings"
	"sync"
)

// signingKey is a secret narrowed to one day, region and service.
type signingKey struct {
	secret    string // what it was derived from: a replaced secret makes it useless
	principal string
	macs      sync.Pool // of hash.Hash keyed with the signing key; one that is reset need not hash its key again
}

// deriveKey narrows a secret to a scope.
func deriveKey(credential *Credential, s *scope) *signingKey {
	seed := append([]byte("AWS4"), credential.SecretAccessKey...)
	day := hmacSHA256(seed, s.date)
	region := hmacSHA256(day, s.region)
	service := hmacSHA256(region, s.service)
	key := hmacSHA256(service, terminator)
	derived := &signingKey{secret: credential.SecretAccessKey, principal: principal(credential.AccessKeyID)}
	derived.macs.New = func() any { return hmac.New(sha256.New, key) }
	return derived
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// sign appends the signature of a text.
func (k *signingKey) sign(dst, text []byte) []byte {
	mac, _ := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset()
	mac.Write(text)
	return mac.Sum(dst)
}

// principal makes an id of the form AWS gives its users ("AIDA" and 17 characters) that stays the same as long as the key
// does and does not tell the key.
func principal(accessKeyID string) string {
	const length = 17
	sum := sha256.Sum256([]byte("principal\n" + accessKeyID))
	return "AIDA" + base32.StdEncoding.EncodeToString(sum[:])[:length]
}

// keyCacheSize is the number of signing keys kept. One client uses one a day for each region and service.
const keyCacheSize = 1024

// cacheKey is what a signing key is derived for.
type cacheKey struct{ accessKeyID, date, region, service string }

func cacheKeyOf(s *scope) cacheKey {
	return cacheKey{accessKeyID: s.accessKeyID, date: s.date, region: s.region, service: s.service}
}

// keyCache keeps derived keys. Only the scope of a signature that was right enters it, so no stranger can fill it or push
// others out of it.
type keyCache struct {
	mu   sync.RWMutex
	keys map[cacheKey]*signingKey
}

func newKeyCache() *keyCache {
	return &keyCache{keys: make(map[cacheKey]*signingKey)}
}

// get finds the key of a scope, if it was derived from the secret as it is now.
func (c *keyCache) get(s *scope, secret string) (*signingKey, bool) {
	c.mu.RLock()
	key, ok := c.keys[cacheKeyOf(s)]
	c.mu.RUnlock()
	return key, ok && key.secret == secret
}

// put keeps a key, in place of those of other days when there is no room, and else of any.
func (c *keyCache) put(s *scope, key *signingKey) {
	// The parts of a scope are cut out of a header that must not be kept whole.
	at := cacheKey{
		accessKeyID: strings.Clone(s.accessKeyID), date: strings.Clone(s.date),
		region: strings.Clone(s.region), service: strings.Clone(s.service),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, replaces := c.keys[at]; !replaces && len(c.keys) >= keyCacheSize {
		c.makeRoom(at.date)
	}
	c.keys[at] = key
}

func (c *keyCache) makeRoom(date string) {
	for at := range c.keys {
		if at.date != date {
			delete(c.keys, at)
		}
	}
	for at := range c.keys {
		if len(c.keys) < keyCacheSize {
			return
		}
		delete(c.keys, at)
	}
}
