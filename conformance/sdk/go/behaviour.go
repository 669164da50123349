package main

import (
	"context"
	"errors"
	"math"
	"time"

	"judi.example/events/judi"
)

// behaviour is a client that does what it is told.
type behaviour struct {
	client *judi.Client
}

func (b *behaviour) line(line string) {
	read, err := parse(line)
	if err != nil {
		say(map[string]any{"error": err.Error()})
		return
	}
	text := func(name string) string {
		value, _ := read[name].(string)
		return value
	}
	do := text("do")
	if do == "init" {
		options, _ := read["options"].(map[string]any)
		b.start(judi.Config{Endpoint: text("endpoint"), Key: text("key"), Dir: text("dir")}, options)
		return
	}
	if b.client == nil {
		say(map[string]any{"error": "not initialised"})
		return
	}
	switch do {
	case "track":
		b.track(text("event"), read["call"])
	case "flush":
		// What is told next must not wait for the network.
		go func() { _ = b.client.Flush(context.Background()) }()
	case "consent":
		err = b.client.SetConsent(judi.Consent(text("state")))
	case "setUser":
		b.client.SetUser(text("id"))
	case "reset":
		b.client.Reset()
	case "optOut":
		err = b.client.OptOut()
	case "optIn":
		err = b.client.OptIn()
	case "close":
		_ = b.client.Close(context.Background())
		say(map[string]any{"closed": true})
	default:
		err = errors.New("unknown: " + do)
	}
	if err != nil {
		say(map[string]any{"error": err.Error()})
	}
}

func (b *behaviour) start(config judi.Config, options map[string]any) {
	number := func(name string, into *int) {
		if given, has := options[name]; has {
			*into = int(asDouble(given))
		}
	}
	milliseconds := func(name string, into *time.Duration) {
		if given, has := options[name]; has {
			*into = time.Duration(math.Round(asDouble(given) * float64(time.Millisecond)))
		}
	}
	number("flushAt", &config.FlushAt)
	number("maxBatchEvents", &config.MaxBatchEvents)
	number("maxBatchBytes", &config.MaxBatchBytes)
	number("maxQueueEvents", &config.MaxQueueEvents)
	number("maxQueueBytes", &config.MaxQueueBytes)
	milliseconds("flushInterval", &config.FlushInterval)
	milliseconds("timeout", &config.Timeout)
	milliseconds("retryBase", &config.RetryBase)
	milliseconds("retryCap", &config.RetryCap)
	milliseconds("retryAfterCap", &config.RetryAfterCap)
	milliseconds("closeTimeout", &config.CloseTimeout)
	milliseconds("sessionIdle", &config.SessionIdle)
	milliseconds("sessionMax", &config.SessionMax)
	milliseconds("maxAge", &config.MaxAge)
	config.Identifiers, _ = options["identifiers"].(string)
	if consent, _ := options["consent"].(string); consent != "pending" {
		config.Consent = judi.Consent(consent)
	}
	for name, on := range asObject(options["collect"]) {
		if config.Collect == nil {
			config.Collect = map[string]bool{}
		}
		config.Collect[name], _ = on.(bool)
	}
	config.OnPersisted = func(id string) { say(map[string]any{"persisted": id}) }
	config.OnResult = func(r judi.Result) {
		say(map[string]any{"result": filled("event_id", r.EventID, "status", r.Status, "reason", r.Reason, "field", r.Field, "detail", r.Detail)})
	}
	config.OnReport = func(r judi.Report) {
		report := filled("kind", r.Kind, "event_id", r.EventID, "event", r.Event, "reason", r.Reason, "field", r.Field, "detail", r.Detail)
		if r.Status != 0 {
			report["status"] = r.Status
		}
		say(map[string]any{"report": report})
	}
	client, err := judi.New(config)
	if err != nil {
		say(map[string]any{"error": err.Error()})
		return
	}
	client.CloseOnSignal()
	b.client = client
}

func asObject(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// filled are the pairs that have a value.
func filled(pairs ...string) map[string]any {
	values := map[string]any{}
	for at := 0; at+1 < len(pairs); at += 2 {
		if pairs[at+1] != "" {
			values[pairs[at]] = pairs[at+1]
		}
	}
	return values
}

func (b *behaviour) track(name string, call any) {
	event, word := built(name, call)
	if word != "" {
		say(map[string]any{"error": word})
		return
	}
	id, err := b.client.Track(context.Background(), event)
	var wrong *judi.Error
	switch {
	case errors.As(err, &wrong):
		say(map[string]any{"error": wrong.Code})
	case errors.Is(err, judi.ErrQueueFull):
		say(map[string]any{"error": "queue_full"})
	case errors.Is(err, judi.ErrNoConsent):
		say(map[string]any{"error": "no_consent"})
	case err != nil:
		say(map[string]any{"error": err.Error()})
	default:
		say(map[string]any{"tracked": id})
	}
}
