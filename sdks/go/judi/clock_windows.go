package judi

import "syscall"

var tickCount = syscall.NewLazyDLL("kernel32.dll").NewProc("GetTickCount64")

// monotonic counts from the system's start, its sleep included.
func monotonic() (uint64, bool) {
	if tickCount.Find() != nil {
		return ofProcess(), false
	}
	low, high, _ := tickCount.Call()
	if ^uintptr(0)>>32 == 0 {
		return uint64(high)<<32 | uint64(low), true
	}
	return uint64(low), true
}
