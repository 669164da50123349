package judi

import (
	"bytes"
	"compress/gzip"
	"sync"
	"time"

	"judi.example/events/internal/wire"
)

// gzipOver is from how many bytes on a body is compressed.
const gzipOver = 1000

// batchFacts are what a batch says beside its events.
type batchFacts struct {
	sentAt       time.Time
	monotonic    uint64
	hasMonotonic bool
	roundTrip    uint64
	hasRoundTrip bool
}

// Numbers of fields, with their wire types.
const (
	varintType = 0
	bytesType  = 2

	batchSentAt        = 1<<3 | bytesType
	batchContext       = 2<<3 | bytesType
	batchEvents        = 3<<3 | bytesType
	batchSentMonotonic = 5<<3 | varintType
	batchRoundTrip     = 6<<3 | varintType

	eventID            = 1<<3 | bytesType
	eventName          = 2<<3 | bytesType
	eventOccurredAt    = 3<<3 | bytesType
	eventSequence      = 4<<3 | varintType
	eventMonotonic     = 5<<3 | varintType
	eventSchemaVersion = 6<<3 | varintType
	eventContext       = 7<<3 | bytesType
	eventPayload       = 8<<3 | bytesType
)

// appendBatch writes a judi.v1.EventBatch.
func appendBatch(to []byte, batch []*entry, facts batchFacts) []byte {
	shared := sharedContext(batch)
	to = appendMessage(to, batchSentAt, appendTime(nil, facts.sentAt))
	if context := appendContext(nil, shared, nil); len(context) > 0 {
		to = appendMessage(to, batchContext, context)
	}
	var scratch []byte
	var context []byte
	for _, item := range batch {
		context = appendContext(context[:0], item.context, shared)
		scratch = appendEvent(scratch[:0], item, context)
		to = appendMessage(to, batchEvents, scratch)
	}
	if facts.hasMonotonic {
		to = appendNumber(to, batchSentMonotonic, facts.monotonic)
	}
	if facts.hasRoundTrip {
		to = appendNumber(to, batchRoundTrip, facts.roundTrip)
	}
	return to
}

func appendEvent(to []byte, item *entry, context []byte) []byte {
	to = appendMessage(to, eventID, item.id)
	to = appendMessage(to, eventName, item.name)
	to = appendMessage(to, eventOccurredAt, appendTime(nil, item.occurred))
	if item.hasSequence {
		to = appendNumber(to, eventSequence, item.sequence)
	}
	if item.hasMonotonic {
		to = appendNumber(to, eventMonotonic, item.monotonic)
	}
	if item.schema != 0 {
		to = appendNumber(to, eventSchemaVersion, uint64(item.schema))
	}
	if len(context) > 0 {
		to = appendMessage(to, eventContext, context)
	}
	if len(item.payload) > 0 {
		to = appendMessage(to, eventPayload, item.payload)
	}
	return to
}

// sharedContext is what the batch says for its events: of each field the last event's value, unless an event has none,
// since an event cannot say that it has less than the batch.
func sharedContext(batch []*entry) *Context {
	shared := *batch[len(batch)-1].context
	own := shared.fields()
	for _, item := range batch {
		for at, theirs := range item.context.fields() {
			if *theirs == "" {
				*own[at] = ""
			}
		}
	}
	return &shared
}

// appendContext writes what differs from the shared context.
func appendContext(to []byte, context, shared *Context) []byte {
	var theirs [contextFields]*string
	if shared != nil {
		theirs = shared.fields()
	}
	for at, own := range context.fields() {
		if *own != "" && (shared == nil || *own != *theirs[at]) {
			to = appendMessage(to, uint64(at+1)<<3|bytesType, *own)
		}
	}
	return to
}

func appendTime(to []byte, moment time.Time) []byte {
	if seconds := moment.Unix(); seconds != 0 {
		to = appendNumber(to, 1<<3, uint64(seconds))
	}
	if nanos := moment.Nanosecond(); nanos != 0 {
		to = appendNumber(to, 2<<3, uint64(nanos))
	}
	return to
}

func appendNumber(to []byte, tag, value uint64) []byte {
	return wire.AppendVarint(wire.AppendVarint(to, tag), value)
}

func appendMessage[T string | []byte](to []byte, tag uint64, body T) []byte {
	to = wire.AppendVarint(wire.AppendVarint(to, tag), uint64(len(body)))
	return append(to, body...)
}

var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// compressed is a body in gzip.
func compressed(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	writer := compressors.Get().(*gzip.Writer)
	defer compressors.Put(writer)
	writer.Reset(&packed)
	if _, err := writer.Write(body); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
