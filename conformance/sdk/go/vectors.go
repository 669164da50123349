package main

import (
	"encoding/hex"
	"errors"

	"judi.example/events/judi"
)

// vector answers one vector.
func vector(line string) {
	read, err := parse(line)
	if err != nil {
		say(map[string]any{"error": err.Error()})
		return
	}
	name, _ := read["event"].(string)
	payload, word := encoded(name, read["call"])
	if word != "" {
		say(map[string]any{"id": read["id"], "error": word})
		return
	}
	say(map[string]any{"id": read["id"], "bytes": hex.EncodeToString(payload)})
}

func encoded(name string, call any) (payload []byte, word string) {
	event, word := built(name, call)
	if word != "" {
		return nil, word
	}
	_, payload, err := judi.Encode(event)
	var wrong *judi.Error
	if errors.As(err, &wrong) {
		return nil, wrong.Code
	}
	return payload, ""
}

// built makes the event that a call asks for, or gives the word for what Go's types do not let it say.
func built(name string, call any) (event judi.Event, word string) {
	defer func() {
		switch wrong := recover().(type) {
		case nil:
		case failure:
			word = string(wrong)
		default:
			panic(wrong)
		}
	}()
	event, known := build(name, call)
	if !known {
		return nil, "unknown_event"
	}
	return event, ""
}
