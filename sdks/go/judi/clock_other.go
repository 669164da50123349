//go:build !linux && !windows

package judi

func monotonic() (uint64, bool) {
	return ofProcess(), false
}
