package judi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A journal keeps the queue in a folder of its own: files that are only ever appended to.
//
//	lock          taken by the process whose queue it is
//	state.json    ids, session, the next number
//	1.judi 2.judi records: length, CRC-32C, body; an event, or the ids of events that are done
//
// A write that the process's death cut off leaves a tail whose checksum is wrong: it is passed over, and what comes
// later goes into a new file. Files are removed from the oldest on, so that no event outlives what says that it is done.
type journal struct {
	mutex    sync.Mutex
	folder   string
	lockFile *os.File
	file     *os.File
	// number is the file's, and length how much of it is whole.
	number uint64
	length int64
	buffer []byte
	// waiting is how many events of each file are not done.
	waiting map[uint64]int
	// wiped counts how often it was emptied: what was meant for it before that is not written.
	wiped  uint64
	isShut bool
}

const (
	segmentMagic  = "judi\x00q1\n"
	segmentSuffix = ".judi"
	segmentBytes  = 1 << 20
	recordHeader  = 8
	foldersMax    = 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errWiped = errors.New("judi: the queue was emptied")

// openJournal takes the first folder of dir that no living process has.
func openJournal(dir string) (*journal, error) {
	for number := range foldersMax {
		journal, err := takeFolder(filepath.Join(dir, strconv.Itoa(number)), true)
		if err != nil || journal != nil {
			return journal, err
		}
	}
	return nil, fmt.Errorf("judi: no folder of %s could be locked", dir)
}

// takeFolder takes a folder; nil: another process has it, or it is not there and should not be made.
func takeFolder(folder string, isMade bool) (*journal, error) {
	if isMade {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		if !isMade && errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	if !lock(file) {
		return nil, file.Close()
	}
	return &journal{folder: folder, lockFile: file, waiting: map[uint64]int{}}, nil
}

// recover reads what waits, in the order in which it came, and the last number that was given.
func (j *journal) recover() (waiting []*entry, last uint64, err error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	numbers, err := j.segments()
	if err != nil {
		return nil, 0, err
	}
	var found []*entry
	done := map[string]bool{}
	for _, number := range numbers {
		j.number = max(j.number, number)
		j.waiting[number] = 0
		bytes, err := os.ReadFile(j.path(number))
		if err != nil {
			return nil, 0, err
		}
		found = append(found, readSegment(bytes, number, done)...)
	}
	for _, entry := range found {
		last = max(last, entry.sequence)
	}
	waiting = slices.DeleteFunc(found, func(entry *entry) bool {
		// An event may lie in two files, where moving it was cut off.
		isDone := done[entry.id]
		done[entry.id] = true
		return isDone
	})
	for _, entry := range waiting {
		j.waiting[entry.segment]++
	}
	return waiting, last, nil
}

// readSegment reads a file up to what is torn, and notes what is done.
func readSegment(bytes []byte, number uint64, done map[string]bool) []*entry {
	var entries []*entry
	rest, ok := strings.CutPrefix(string(bytes), segmentMagic)
	for ok && len(rest) >= recordHeader {
		length := binary.LittleEndian.Uint32([]byte(rest[:4]))
		sum := binary.LittleEndian.Uint32([]byte(rest[4:8]))
		rest = rest[recordHeader:]
		if length == 0 || uint64(length) > uint64(len(rest)) {
			break
		}
		body := []byte(rest[:length])
		rest = rest[length:]
		if crc32.Checksum(body, castagnoli) != sum {
			break
		}
		switch body[0] {
		case recordEvent:
			if entry, err := readEntry(body[1:]); err == nil {
				entry.segment = number
				entries = append(entries, entry)
			}
		case recordDone:
			for r := (record{bytes: body[1:]}); len(r.bytes) > 0; {
				done[r.text()] = true
			}
		}
	}
	return entries
}

// write keeps events. It answers how many it kept; the rest is as if it had not been tried.
func (j *journal) write(entries []*entry, wiped uint64) (int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.writeLocked(entries, wiped)
}

func (j *journal) writeLocked(entries []*entry, wiped uint64) (int, error) {
	if wiped != j.wiped {
		return 0, errWiped
	}
	for kept := 0; kept < len(entries); {
		j.buffer = j.buffer[:0]
		next := kept
		for next < len(entries) && len(j.buffer) < segmentBytes {
			j.buffer = appendFramed(j.buffer, entries[next].appendRecord)
			next++
		}
		if err := j.flush(); err != nil {
			return kept, err
		}
		for ; kept < next; kept++ {
			entries[kept].segment = j.number
			j.waiting[j.number]++
		}
	}
	return len(entries), nil
}

// appendFramed puts length and checksum before a record's body.
func appendFramed(to []byte, body func([]byte) []byte) []byte {
	start := len(to)
	to = body(append(to, 0, 0, 0, 0, 0, 0, 0, 0))
	written := to[start+recordHeader:]
	binary.LittleEndian.PutUint32(to[start:], uint32(len(written)))
	binary.LittleEndian.PutUint32(to[start+4:], crc32.Checksum(written, castagnoli))
	return to
}

// flush writes the buffer at once: a process that dies in the middle of it leaves a torn tail.
func (j *journal) flush() error {
	if j.isShut {
		return os.ErrClosed
	}
	if j.file == nil || j.length >= segmentBytes {
		if err := j.next(); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(j.buffer); err != nil {
		// What was written in part is cut off; where that fails too, a new file is begun.
		_, seekErr := j.file.Seek(j.length, io.SeekStart)
		if seekErr != nil || j.file.Truncate(j.length) != nil {
			_ = j.file.Close()
			j.file = nil
		}
		return err
	}
	j.length += int64(len(j.buffer))
	return nil
}

// next begins a new file.
func (j *journal) next() error {
	file, err := os.OpenFile(j.path(j.number+1), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(segmentMagic); err != nil {
		_ = file.Close()
		_ = os.Remove(file.Name())
		return err
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.number++
	j.file, j.length = file, int64(len(segmentMagic))
	if _, has := j.waiting[j.number]; !has {
		j.waiting[j.number] = 0
	}
	return nil
}

// done notes events that need not be sent again, and removes files of which nothing waits. keep is called before a
// file is removed: with it go the numbers of its events.
func (j *journal) done(entries []*entry, keep func() error) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	kept := slices.DeleteFunc(slices.Clone(entries), func(entry *entry) bool { return entry.segment == 0 })
	if len(kept) == 0 {
		return nil
	}
	for _, entry := range kept {
		if _, has := j.waiting[entry.segment]; has {
			j.waiting[entry.segment]--
		}
	}
	j.buffer = appendFramed(j.buffer[:0], func(to []byte) []byte {
		to = append(to, recordDone)
		for _, entry := range kept {
			to = appendText(to, entry.id)
		}
		return to
	})
	err := j.flush()
	return errors.Join(err, j.tidy(keep))
}

// tidy removes the oldest files, as far as nothing of them waits; the one that is written goes when it is large.
func (j *journal) tidy(keep func() error) error {
	numbers := make([]uint64, 0, len(j.waiting))
	for number := range j.waiting {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		isWritten := number == j.number && j.file != nil
		if j.waiting[number] > 0 || (isWritten && j.length < segmentBytes) {
			return nil
		}
		if err := keep(); err != nil {
			return err
		}
		if isWritten {
			_ = j.file.Close()
			j.file = nil
		}
		if err := os.Remove(j.path(number)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		delete(j.waiting, number)
	}
	return nil
}

// files is how many files there are.
func (j *journal) files() int {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return len(j.waiting)
}

// compact writes what waits anew, so that the files in which it lay can go: one old event must not keep all that came
// after it. Only who calls done may call it.
func (j *journal) compact(entries []*entry, wiped uint64, keep func() error) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.file != nil {
		_ = j.file.Close()
		j.file = nil
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(entry *entry) bool { return entry.segment == 0 })
	old := make([]uint64, len(entries))
	for at, entry := range entries {
		old[at] = entry.segment
	}
	kept, err := j.writeLocked(entries, wiped)
	for _, number := range old[:kept] {
		j.waiting[number]--
	}
	return errors.Join(err, j.tidy(keep))
}

// wipe removes all that is kept: events, ids and session.
func (j *journal) wipe() error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.wiped++
	if j.file != nil {
		_ = j.file.Close()
		j.file = nil
	}
	j.waiting = map[uint64]int{}
	numbers, err := j.segments()
	for _, number := range numbers {
		err = errors.Join(err, os.Remove(j.path(number)))
	}
	if removed := os.Remove(j.statePath()); !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// shut lets the folder go; what it holds stays.
func (j *journal) shut() {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.isShut {
		return
	}
	j.isShut = true
	if j.file != nil {
		_ = j.file.Close()
		j.file = nil
	}
	_ = j.lockFile.Close()
}

func (j *journal) path(number uint64) string {
	return filepath.Join(j.folder, strconv.FormatUint(number, 10)+segmentSuffix)
}

// segments are the numbers of the files, ascending.
func (j *journal) segments() ([]uint64, error) {
	files, err := os.ReadDir(j.folder)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, file := range files {
		name, is := strings.CutSuffix(file.Name(), segmentSuffix)
		if number, err := strconv.ParseUint(name, 10, 64); is && err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
