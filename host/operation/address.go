package operation

import "net/netip"

// special are the blocks of addresses that are not reachable from everywhere, or that stand for other addresses, which
// might not be (IANA IPv4 and IPv6 Special-Purpose Address Registries). Metadata services of clouds are among them:
// 169.254.169.254 and fd00:ec2::254.
var special = func() []netip.Prefix {
	blocks := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/3",          // unspecified, loopback, IPv4-mapped, IPv4-compatible, NAT64 and what is reserved
		"2001::/23",     // protocols: Teredo, benchmarking, ORCHID
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"2620:4f:8000::/48",
		"3fff::/20", // documentation
		"4000::/2",  // what is reserved behind global unicast
		"8000::/1",  // the same, and unique local, link-local, site-local and multicast
	}
	prefixes := make([]netip.Prefix, len(blocks))
	for i, block := range blocks {
		prefixes[i] = netip.MustParsePrefix(block)
	}
	return prefixes
}()

// public says whether an address is one of the Internet's.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	for _, block := range special {
		if block.Contains(a) {
			return false
		}
	}
	return true
}
