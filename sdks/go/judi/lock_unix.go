//go:build unix && !aix && !solaris

package judi

import (
	"os"
	"syscall"
)

// lock takes a file for this process until it is closed, or the process dies; false: another has it.
func lock(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
