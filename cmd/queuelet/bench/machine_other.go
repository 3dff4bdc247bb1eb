//go:build !linux

package bench

func (*Machine) describe(string) {}
