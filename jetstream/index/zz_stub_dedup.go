package index

type DedupEntry struct {
	Digest [16]byte
	Seq    uint64
	ID     [16]byte
	At     int64
}
type Dedup struct{}

func NewDedup() *Dedup                                         { return &Dedup{} }
func (*Dedup) Lookup(now int64, key string) (DedupEntry, bool) { return DedupEntry{}, false }
func (*Dedup) Add(now int64, key string, e DedupEntry)         {}
func (*Dedup) Restore(e DedupEntry)                            {}
func (*Dedup) Forget(seq uint64)                               {}
func (*Dedup) Clear()                                          {}
func (*Dedup) Each(func(DedupEntry))                           {}
