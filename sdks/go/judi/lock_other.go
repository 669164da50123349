//go:build !windows && (!unix || aix || solaris)

package judi

import "os"

// lock takes nothing: where files cannot be locked, the queue is kept in memory.
func lock(*os.File) bool {
	return false
}
