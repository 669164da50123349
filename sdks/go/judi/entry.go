package judi

import (
	"encoding/binary"
	"errors"
	"time"
)

// entry is an event in the queue.
type entry struct {
	// ordinal counts the calls of this process; 0: it was found on the disk.
	ordinal  uint64
	id       string
	name     string
	occurred time.Time
	// monotonic is of this process only, and never kept.
	monotonic    uint64
	hasMonotonic bool
	sequence     uint64
	hasSequence  bool
	schema       uint32
	payload      []byte
	// context is shared and never changed.
	context *Context
	// event and given are of what is held for consent: what Track was given.
	event Event
	given *Context
	// waits is when it came into the queue.
	waits time.Time
	// segment is where it is kept; 0: nowhere.
	segment uint64
}

// The kinds of a journal's records.
const (
	recordEvent byte = 1
	recordDone  byte = 2
)

var errRecord = errors.New("judi: a record that cannot be read")

// appendRecord writes an event as it is kept on the disk.
func (e *entry) appendRecord(to []byte) []byte {
	to = append(to, recordEvent)
	to = appendText(to, e.id)
	to = appendText(to, e.name)
	to = binary.AppendVarint(to, e.occurred.Unix())
	to = binary.AppendUvarint(to, uint64(e.occurred.Nanosecond()))
	sequence := uint64(0)
	if e.hasSequence {
		sequence = e.sequence + 1
	}
	to = binary.AppendUvarint(to, sequence)
	to = binary.AppendUvarint(to, uint64(e.schema))
	to = appendText(to, e.payload)
	for _, field := range e.context.fields() {
		to = appendText(to, *field)
	}
	return to
}

func appendText[T string | []byte](to []byte, text T) []byte {
	to = binary.AppendUvarint(to, uint64(len(text)))
	return append(to, text...)
}

// record reads what appendRecord wrote.
type record struct {
	bytes []byte
	err   error
}

func (r *record) uvarint() uint64 {
	value, size := binary.Uvarint(r.bytes)
	if size <= 0 {
		r.err, r.bytes = errRecord, nil
		return 0
	}
	r.bytes = r.bytes[size:]
	return value
}

func (r *record) varint() int64 {
	value, size := binary.Varint(r.bytes)
	if size <= 0 {
		r.err, r.bytes = errRecord, nil
		return 0
	}
	r.bytes = r.bytes[size:]
	return value
}

func (r *record) text() string {
	length := r.uvarint()
	if length > uint64(len(r.bytes)) {
		r.err, r.bytes = errRecord, nil
		return ""
	}
	text := string(r.bytes[:length])
	r.bytes = r.bytes[length:]
	return text
}

// readEntry reads a record of an event, its kind passed.
func readEntry(bytes []byte) (*entry, error) {
	r := &record{bytes: bytes}
	e := &entry{id: r.text(), name: r.text()}
	seconds := r.varint()
	e.occurred = time.Unix(seconds, int64(r.uvarint()))
	if sequence := r.uvarint(); sequence > 0 {
		e.sequence, e.hasSequence = sequence-1, true
	}
	e.schema = uint32(r.uvarint())
	e.payload = []byte(r.text())
	e.context = new(Context)
	for _, field := range e.context.fields() {
		*field = r.text()
	}
	return e, r.err
}
