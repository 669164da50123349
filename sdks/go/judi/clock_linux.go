package judi

import (
	"syscall"
	"unsafe"
)

// clockBoottime is CLOCK_BOOTTIME: monotonic, and counting while the device sleeps.
const clockBoottime = 7

func monotonic() (uint64, bool) {
	var moment syscall.Timespec
	_, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&moment)), 0)
	if failed != 0 {
		return ofProcess(), false
	}
	return uint64(moment.Nano() / 1e6), true
}
