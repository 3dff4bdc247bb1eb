package javascript

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1" //nolint:gosec // scripts ask for it where others prescribe it
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// digests are the hash functions that scripts can use, by Node.js's names without hyphens.
var digests = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// digest computes a hash of bytes, with a key an HMAC. For a name that it does not know it answers undefined.
func (v *VM) digest(ctx context.Context, args []uint32) (uint32, error) {
	const longest = 16
	name, err := v.read(ctx, args[0], longest)
	if err != nil {
		return 0, err
	}
	newHash, ok := digests[string(name)]
	if !ok {
		return v.nothing(ctx)
	}
	sum := newHash()
	keyed, err := v.call(ctx, v.f.isBuffer, uint64(args[2]))
	if err != nil {
		return 0, err
	}
	if keyed != 0 {
		err = v.viewBytes(ctx, args[2], func(_ uint32, key []byte) error {
			sum = hmac.New(newHash, key)
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	err = v.viewBytes(ctx, args[1], func(_ uint32, data []byte) error {
		const stretch = 1 << 20
		for len(data) > 0 {
			v.host.Check()
			n := min(len(data), stretch)
			sum.Write(data[:n])
			data = data[n:]
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return v.buffer(ctx, sum.Sum(nil))
}
