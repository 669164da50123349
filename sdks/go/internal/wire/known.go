package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// The range of google.protobuf.Timestamp and google.protobuf.Duration, in seconds.
const (
	timestampMin = -62135596800
	timestampMax = 253402300799
	durationMax  = 315576000000
)

// Any is a message of some type, written by somebody else.
type Any struct {
	// TypeURL is the type's: type.googleapis.com/package.Message.
	TypeURL string
	// Value is the encoded message.
	Value []byte
}

// Span is a length of time that may be longer than a [time.Duration]; its parts have one sign.
type Span struct {
	Seconds int64
	Nanos   int32
}

// SpanOf is a time.Duration's.
func SpanOf(duration time.Duration) Span {
	return Span{Seconds: int64(duration / time.Second), Nanos: int32(duration % time.Second)}
}

// SpansOf is SpanOf of each.
func SpansOf(durations []time.Duration) []Span {
	spans := make([]Span, len(durations))
	for at, duration := range durations {
		spans[at] = SpanOf(duration)
	}
	return spans
}

// SpanMapOf is SpanOf of each value.
func SpanMapOf[K comparable](durations map[K]time.Duration) map[K]Span {
	spans := make(map[K]Span, len(durations))
	for key, duration := range durations {
		spans[key] = SpanOf(duration)
	}
	return spans
}

// Timestamp writes a google.protobuf.Timestamp.
func (e *Encoder) Timestamp(tag uint64, field string, value time.Time) {
	seconds := value.Unix()
	if seconds < timestampMin || seconds > timestampMax {
		e.Fail(OutOfRange, field, "not a time of the years 1 to 9999")
		return
	}
	e.parts(tag, field, seconds, int32(value.Nanosecond()))
}

// Duration writes a google.protobuf.Duration.
func (e *Encoder) Duration(tag uint64, field string, value Span) {
	isRange := value.Seconds >= -durationMax && value.Seconds <= durationMax && value.Nanos > -1e9 && value.Nanos < 1e9
	isOver := value.Seconds == durationMax && value.Nanos > 0 || value.Seconds == -durationMax && value.Nanos < 0
	isMixed := value.Seconds > 0 && value.Nanos < 0 || value.Seconds < 0 && value.Nanos > 0
	if !isRange || isOver || isMixed {
		e.Fail(OutOfRange, field, "not a span of 10,000 years at most, of one sign")
		return
	}
	e.parts(tag, field, value.Seconds, value.Nanos)
}

func (e *Encoder) parts(tag uint64, field string, seconds int64, nanos int32) {
	mark, ok := e.Begin(tag, field)
	if !ok {
		return
	}
	if seconds != 0 {
		e.Tag(1 << 3)
		e.Int64(seconds)
	}
	if nanos != 0 {
		e.Tag(2 << 3)
		e.Int32(nanos)
	}
	e.End(mark)
}

// Any writes a google.protobuf.Any.
func (e *Encoder) Any(tag uint64, field string, value Any) {
	mark, ok := e.Begin(tag, field)
	if !ok {
		return
	}
	if value.TypeURL != "" {
		e.Tag(1<<3 | 2)
		e.Text("type_url", value.TypeURL)
	}
	if len(value.Value) > 0 {
		e.Tag(2<<3 | 2)
		e.Data(value.Value)
	}
	e.End(mark)
}

// Struct writes a google.protobuf.Struct.
func (e *Encoder) Struct(tag uint64, field string, value map[string]any) {
	mark, ok := e.Begin(tag, field)
	if !ok {
		return
	}
	for _, key := range Keys(value) {
		entry, ok := e.Begin(1<<3|2, "")
		if !ok {
			break
		}
		e.Tag(1<<3 | 2)
		e.Text("", key)
		e.Value(2<<3|2, key, value[key])
		e.End(entry)
	}
	e.End(mark)
}

// List writes a google.protobuf.ListValue.
func (e *Encoder) List(tag uint64, field string, value []any) {
	mark, ok := e.Begin(tag, field)
	if !ok {
		return
	}
	for at, item := range value {
		if e.err != nil {
			break
		}
		e.Value(1<<3|2, "", item)
		if e.err != nil {
			e.inside(strconv.Itoa(at))
		}
	}
	e.End(mark)
}

// Value writes a google.protobuf.Value: what encoding/json makes of JSON, and Go's own numbers.
func (e *Encoder) Value(tag uint64, field string, value any) {
	mark, ok := e.Begin(tag, field)
	if !ok {
		return
	}
	switch value := value.(type) {
	case nil:
		e.Tag(1 << 3)
		e.Int32(0)
	case bool:
		e.Tag(4 << 3)
		e.Bool(value)
	case string:
		e.Tag(3<<3 | 2)
		e.Text("", value)
	case map[string]any:
		e.Struct(5<<3|2, "", value)
	case []any:
		e.List(6<<3|2, "", value)
	default:
		e.number(value)
	}
	e.End(mark)
}

func (e *Encoder) number(value any) {
	number := math.NaN()
	switch kind := reflect.ValueOf(value); kind.Kind() {
	case reflect.Float32, reflect.Float64:
		number = kind.Float()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number = float64(kind.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number = float64(kind.Uint())
	case reflect.String:
		text, is := value.(json.Number)
		parsed, err := text.Float64()
		if !is || err != nil {
			e.Fail(InvalidValue, "", fmt.Sprintf("%T is no JSON value", value))
			return
		}
		number = parsed
	default:
		e.Fail(InvalidValue, "", fmt.Sprintf("%T is no JSON value", value))
		return
	}
	if math.IsNaN(number) || math.IsInf(number, 0) {
		e.Fail(InvalidValue, "", "JSON has no NaN and no infinity")
		return
	}
	e.Tag(2<<3 | 1)
	e.Double(number)
}
