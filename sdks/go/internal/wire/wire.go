// Package wire writes protobuf: what generated messages call, and nothing else can.
//
// The same calls give the same bytes in each of Judi's languages. Outside this module nobody can name an [Encoder],
// so nothing but the generated events can be sent.
package wire

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

// DepthMax is how many messages may lie in each other, the event's own being the first.
const DepthMax = 100

// The canonical NaNs.
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// Encoder collects the bytes of an event's message. The first error stays, and what is written after it is of no use.
type Encoder struct {
	// Name is the event's name in the schema.
	Name string
	// SchemaVersion is the number of the schema that the message was made from.
	SchemaVersion uint32

	bytes []byte
	depth int
	err   *Error
}

// Reset makes the encoder ready for a message, keeping its memory.
func (e *Encoder) Reset() {
	*e = Encoder{bytes: e.bytes[:0], depth: 1}
}

// Bytes are what was written, good until the next Reset, and what went wrong.
func (e *Encoder) Bytes() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	return e.bytes, nil
}

// Fail keeps the first error.
func (e *Encoder) Fail(code, field, detail string) {
	if e.err == nil {
		e.err = &Error{Code: code, Field: field, Detail: detail}
	}
}

// Missing fails with missing_required.
func (e *Encoder) Missing(field string) {
	e.Fail(MissingRequired, field, "required, and not set")
}

// Mark is where a length is to be written.
type Mark struct {
	at    int
	field string
}

// Begin begins a message in a field. Where it answers false, nothing may be written and End not be called.
func (e *Encoder) Begin(tag uint64, field string) (Mark, bool) {
	if !e.down(field) {
		return Mark{}, false
	}
	return e.BeginPacked(tag, field), true
}

// down goes a level deeper.
func (e *Encoder) down(field string) bool {
	if e.err != nil {
		return false
	}
	if e.depth >= DepthMax {
		e.Fail(TooDeep, field, "messages lie more than 100 deep in each other")
		return false
	}
	e.depth++
	return true
}

// End ends what Begin began.
func (e *Encoder) End(mark Mark) {
	e.depth--
	e.inside(mark.field)
	e.EndPacked(mark)
}

// inside puts the name of the field around it before that of the field that failed; parts without a name add none.
func (e *Encoder) inside(field string) {
	switch {
	case e.err == nil || field == "":
	case e.err.Field == "":
		e.err.Field = field
	default:
		e.err.Field = field + "." + e.err.Field
	}
}

// BeginPacked begins a list whose values share one tag.
func (e *Encoder) BeginPacked(tag uint64, field string) Mark {
	e.Tag(tag)
	e.bytes = append(e.bytes, 0)
	return Mark{at: len(e.bytes), field: field}
}

// EndPacked writes the length before what came since BeginPacked: most fit into the byte that was left for it.
func (e *Encoder) EndPacked(mark Mark) {
	length := len(e.bytes) - mark.at
	if length < 0x80 {
		e.bytes[mark.at-1] = byte(length)
		return
	}
	more := SizeOf(uint64(length)) - 1
	for range more {
		e.bytes = append(e.bytes, 0)
	}
	copy(e.bytes[mark.at+more:], e.bytes[mark.at:mark.at+length])
	AppendVarint(e.bytes[:mark.at-1], uint64(length))
}

// BeginGroup begins a message between a start and an end tag, as Begin does.
func (e *Encoder) BeginGroup(tag uint64, field string) bool {
	if !e.down(field) {
		return false
	}
	e.Tag(tag)
	return true
}

// EndGroup ends what BeginGroup began.
func (e *Encoder) EndGroup(tag uint64, field string) {
	e.depth--
	e.inside(field)
	e.Tag(tag)
}

// Tag writes a field's number and wire type.
func (e *Encoder) Tag(tag uint64) {
	if tag < 0x80 {
		e.bytes = append(e.bytes, byte(tag))
		return
	}
	e.bytes = AppendVarint(e.bytes, tag)
}

// Int32 writes an int32.
func (e *Encoder) Int32(value int32) { e.bytes = AppendVarint(e.bytes, uint64(int64(value))) }

// Int64 writes an int64.
func (e *Encoder) Int64(value int64) { e.bytes = AppendVarint(e.bytes, uint64(value)) }

// Uint32 writes a uint32.
func (e *Encoder) Uint32(value uint32) { e.bytes = AppendVarint(e.bytes, uint64(value)) }

// Uint64 writes a uint64.
func (e *Encoder) Uint64(value uint64) { e.bytes = AppendVarint(e.bytes, value) }

// Sint32 writes a sint32, zigzag.
func (e *Encoder) Sint32(value int32) {
	e.bytes = AppendVarint(e.bytes, uint64(uint32(value)<<1^uint32(value>>31)))
}

// Sint64 writes a sint64, zigzag.
func (e *Encoder) Sint64(value int64) {
	e.bytes = AppendVarint(e.bytes, uint64(value)<<1^uint64(value>>63))
}

// Fixed32 writes a fixed32.
func (e *Encoder) Fixed32(value uint32) {
	e.bytes = append(e.bytes, byte(value), byte(value>>8), byte(value>>16), byte(value>>24))
}

// Fixed64 writes a fixed64.
func (e *Encoder) Fixed64(value uint64) {
	e.bytes = append(e.bytes, byte(value), byte(value>>8), byte(value>>16), byte(value>>24),
		byte(value>>32), byte(value>>40), byte(value>>48), byte(value>>56))
}

// Sfixed32 writes an sfixed32.
func (e *Encoder) Sfixed32(value int32) { e.Fixed32(uint32(value)) }

// Sfixed64 writes an sfixed64.
func (e *Encoder) Sfixed64(value int64) { e.Fixed64(uint64(value)) }

// Float writes a float; every NaN is the same one.
func (e *Encoder) Float(value float32) {
	if value != value {
		e.Fixed32(nan32)
		return
	}
	e.Fixed32(math.Float32bits(value))
}

// Double writes a double; every NaN is the same one.
func (e *Encoder) Double(value float64) {
	if value != value {
		e.Fixed64(nan64)
		return
	}
	e.Fixed64(math.Float64bits(value))
}

// Bool writes a bool.
func (e *Encoder) Bool(value bool) {
	bit := byte(0)
	if value {
		bit = 1
	}
	e.bytes = append(e.bytes, bit)
}

// Text writes a string, which has to be UTF-8.
func (e *Encoder) Text(field, value string) {
	if !utf8.ValidString(value) {
		e.Fail(InvalidText, field, "not UTF-8")
		return
	}
	e.bytes = AppendVarint(e.bytes, uint64(len(value)))
	e.bytes = append(e.bytes, value...)
}

// Data writes bytes.
func (e *Encoder) Data(value []byte) {
	e.bytes = AppendVarint(e.bytes, uint64(len(value)))
	e.bytes = append(e.bytes, value...)
}

// AppendVarint appends a varint, as short as can be.
func AppendVarint(bytes []byte, value uint64) []byte {
	for value >= 0x80 {
		bytes = append(bytes, byte(value)|0x80)
		value >>= 7
	}
	return append(bytes, byte(value))
}

// SizeOf is how many bytes AppendVarint appends.
func SizeOf(value uint64) int {
	size := 1
	for value >= 0x80 {
		value >>= 7
		size++
	}
	return size
}

// IsZero32 tells +0.0, which is left out where it is a type's zero, from −0.0, which is not.
func IsZero32(value float32) bool { return math.Float32bits(value) == 0 }

// IsZero64 is IsZero32 of a double.
func IsZero64(value float64) bool { return math.Float64bits(value) == 0 }

// Keys are the keys of a map in the order of the wire: numbers by size, text by its bytes.
func Keys[K cmp.Ordered, V any](entries map[K]V) []K {
	keys := make([]K, 0, len(entries))
	for key := range entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// BoolKeys are the keys of a map in the order of the wire: false before true.
func BoolKeys[V any](entries map[bool]V) []bool {
	keys := make([]bool, 0, len(entries))
	for _, key := range []bool{false, true} {
		if _, has := entries[key]; has {
			keys = append(keys, key)
		}
	}
	return keys
}
