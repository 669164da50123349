package judi

import "time"

// clocks are the device's: the one that tells the time, and one that nobody sets.
type clocks struct {
	now func() time.Time
	// monotonic answers false for the device's sleep standing still: the batch then says nothing of it.
	monotonic func() (ms uint64, countsSleep bool)
}

var started = time.Now()

// ofProcess counts from the process's start; on most systems it stands still while the device sleeps.
func ofProcess() uint64 {
	return uint64(time.Since(started).Milliseconds())
}
