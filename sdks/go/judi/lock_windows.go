package judi

import (
	"os"
	"syscall"
	"unsafe"
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// lock takes a file for this process until it is closed, or the process dies; false: another has it.
func lock(file *os.File) bool {
	const exclusiveAtOnce = 2 | 1
	var overlapped syscall.Overlapped
	taken, _, _ := lockFileEx.Call(file.Fd(), exclusiveAtOnce, 0, 1, 0, uintptr(unsafe.Pointer(&overlapped)))
	return taken != 0
}
