// Package dnstest answers questions for addresses, for tests of what names may mean.
package dnstest
