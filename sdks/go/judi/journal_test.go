package judi

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func some(count, first int) []*entry {
	entries := make([]*entry, count)
	for at := range entries {
		entries[at] = &entry{
			id: fmt.Sprintf("id-%d", first+at), name: "sample", occurred: time.Unix(1, 2), schema: 3,
			sequence: uint64(first + at), hasSequence: true, payload: []byte("payload"), context: &Context{App: "app"},
		}
	}
	return entries
}

func mustOpen(t *testing.T, dir string) *journal {
	t.Helper()
	journal, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(journal.shut)
	return journal
}

func mustRecover(t *testing.T, journal *journal) []*entry {
	t.Helper()
	entries, _, err := journal.recover()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestWhateverIsTornOffTheTailTheEventsBeforeItAreRead(t *testing.T) {
	dir := t.TempDir()
	journal := mustOpen(t, dir)
	if _, err := journal.write(some(3, 1), 0); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(journal.path(1))
	if err != nil {
		t.Fatal(err)
	}
	journal.shut()
	size := (len(whole) - len(segmentMagic)) / 3
	for length := range whole {
		if err := os.WriteFile(journal.path(1), whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		read := mustOpen(t, dir)
		if got, want := len(mustRecover(t, read)), max(0, (length-len(segmentMagic))/size); got != want {
			t.Fatalf("%d of %d bytes: %d events, and not %d", length, len(whole), got, want)
		}
		// What comes later is read, too.
		if _, err := read.write(some(1, 9), 0); err != nil {
			t.Fatal(err)
		}
		read.shut()
		again := mustOpen(t, dir)
		if entries := mustRecover(t, again); entries[len(entries)-1].id != "id-9" {
			t.Fatal("what came after the torn tail is lost")
		}
		again.shut()
		if err := os.Remove(again.path(2)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFlippedBitIsNoEvent(t *testing.T) {
	journal := mustOpen(t, t.TempDir())
	if _, err := journal.write(some(2, 1), 0); err != nil {
		t.Fatal(err)
	}
	whole, _ := os.ReadFile(journal.path(1))
	for at := range whole {
		broken := append([]byte(nil), whole...)
		broken[at] ^= 0x10
		for _, entry := range readSegment(broken, 1, map[string]bool{}) {
			if string(entry.payload) != "payload" || entry.name != "sample" {
				t.Fatalf("byte %d: %v", at, entry)
			}
		}
	}
}

func TestFilesGoFromTheOldestOnAndTheNumbersStay(t *testing.T) {
	dir := t.TempDir()
	journal := mustOpen(t, dir)
	stuck := some(1, 1)
	if _, err := journal.write(stuck, 0); err != nil {
		t.Fatal(err)
	}
	kept := state{Sequence: 1}
	keep := func() error { return journal.writeState(kept) }
	for round := range 40 {
		entries := some(1, 2+round)
		entries[0].payload = make([]byte, segmentBytes)
		kept.Sequence = entries[0].sequence
		if _, err := journal.write(entries, 0); err != nil {
			t.Fatal(err)
		}
		if err := journal.done(entries, keep); err != nil {
			t.Fatal(err)
		}
		if journal.files() > filesMax {
			if err := journal.compact(stuck, 0, keep); err != nil {
				t.Fatal(err)
			}
		}
	}
	if files, _ := journal.segments(); len(files) > filesMax {
		t.Fatalf("%d files", len(files))
	}
	if err := journal.done(stuck, keep); err != nil {
		t.Fatal(err)
	}
	journal.shut()
	again := mustOpen(t, dir)
	if entries := mustRecover(t, again); len(entries) != 0 {
		t.Fatal(entries)
	}
	if got := again.readState().Sequence; got != 41 {
		t.Fatal(got)
	}
}

func TestWhatWasMeantForAnEmptiedQueueIsNotWritten(t *testing.T) {
	journal := mustOpen(t, t.TempDir())
	if err := journal.wipe(); err != nil {
		t.Fatal(err)
	}
	if count, err := journal.write(some(1, 1), 0); count != 0 || err != errWiped {
		t.Fatal(count, err)
	}
}
