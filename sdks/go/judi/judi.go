// Package judi sends the events of a schema to Judi's Event API: typed, once each, whatever the network does.
//
//	client, err := judi.New(judi.Config{Endpoint: "https://collect.example.se", Key: "wk_app", Consent: judi.Granted})
//	…
//	defer client.Close(context.Background())
//	client.Track(ctx, events.NewArticleView("/articles/elk").Section("inrikes"))
//
// Track checks and encodes the event, gives it its id, its time and its number, and returns: some microseconds, never
// disk or network. A goroutine writes it to a file, another sends what waits in batches, and sends again what the
// server could not take. What the process has written survives its death and is sent by the next one; the server
// knows a resend by the event's id.
//
// Before the person has consented nothing leaves and nothing is stored: see [Config.Consent].
package judi

import (
	"errors"

	"judi.example/events/internal/wire"
)

// The name and the version of this runtime, as events carry them.
const (
	sdkName    = "judi-go"
	sdkVersion = "1.0.0"
)

// Event is an event of the schema. Only the generated types are events: nothing else can be sent.
type Event interface {
	// JudiEvent is called by the client.
	JudiEvent(*wire.Encoder)
}

// Error is why an event cannot be written: missing_required, out_of_range, invalid_text, invalid_value or too_deep,
// and in which field.
type Error = wire.Error

// Any is a message of some type, written by somebody else.
type Any = wire.Any

// Span is a length of time that may be longer than a time.Duration.
type Span = wire.Span

// What Track answers beside [*Error].
var (
	// ErrQueueFull: as many events wait as may.
	ErrQueueFull = errors.New("judi: queue_full: as many events wait as may")
	// ErrNoConsent: consent was denied, or the person opted out.
	ErrNoConsent = errors.New("judi: no_consent: consent was denied")
	// ErrClosed: the client was closed.
	ErrClosed = errors.New("judi: closed")
)

// Encode gives an event's name and the bytes of its message, as they are sent.
func Encode(event Event) (name string, payload []byte, err error) {
	var encoder wire.Encoder
	encoder.Reset()
	if event == nil {
		encoder.Fail(wire.InvalidValue, "", "a nil event")
		_, err = encoder.Bytes()
		return "", nil, err
	}
	event.JudiEvent(&encoder)
	payload, err = encoder.Bytes()
	return encoder.Name, payload, err
}
