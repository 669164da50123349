package judi

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"judi.example/events/internal/wire"
)

// sample is an event of the tests.
type sample string

func (s sample) JudiEvent(e *wire.Encoder) {
	e.Name, e.SchemaVersion = "sample", 3
	e.Tag(1<<3 | 2)
	e.Text("text", string(s))
}

// message is a protobuf message, taken apart: numbers as they are, the rest as bytes.
type message struct {
	numbers map[int]uint64
	bytes   map[int][][]byte
}

func parsed(bytes []byte) message {
	read := message{numbers: map[int]uint64{}, bytes: map[int][][]byte{}}
	for len(bytes) > 0 {
		tag, size := binary.Uvarint(bytes)
		bytes = bytes[size:]
		value, size := binary.Uvarint(bytes)
		bytes = bytes[size:]
		if tag&7 == 2 {
			read.bytes[int(tag>>3)] = append(read.bytes[int(tag>>3)], bytes[:value])
			bytes = bytes[value:]
			continue
		}
		read.numbers[int(tag>>3)] = value
	}
	return read
}

func (m message) text(number int) string {
	if texts := m.bytes[number]; len(texts) > 0 {
		return string(texts[0])
	}
	return ""
}

// arrived is an event at the server, with the batch's context under its own.
type arrived struct {
	id, payload string
	sequence    uint64
	context     map[int]string
}

// collector is a server that takes events, unless its script says otherwise.
type collector struct {
	*httptest.Server
	mutex    sync.Mutex
	requests int
	events   []arrived
	seen     map[string]int
	// script answers a request instead; false: it did not.
	script func(request int, w http.ResponseWriter, batch []arrived) bool
}

func newCollector(t *testing.T) *collector {
	c := &collector{seen: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

// says sets the script.
func (c *collector) says(script func(request int, w http.ResponseWriter, batch []arrived) bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.script = script
}

func (c *collector) serve(w http.ResponseWriter, r *http.Request) {
	body := r.Body.(io.Reader)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	bytes, err := io.ReadAll(body)
	if err != nil {
		return
	}
	batch := batchOf(bytes)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.requests++
	if c.script != nil && c.script(c.requests, w, batch) {
		return
	}
	c.answer(w, batch)
}

// answer takes a batch; under the mutex.
func (c *collector) answer(w http.ResponseWriter, batch []arrived) {
	results := make([]result, len(batch))
	for at, event := range batch {
		results[at] = result{EventID: event.id, Status: "ok"}
		if c.seen[event.id]++; c.seen[event.id] > 1 {
			results[at].Status = "duplicate"
			continue
		}
		c.events = append(c.events, event)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func batchOf(bytes []byte) []arrived {
	batch := parsed(bytes)
	shared := map[int]string{}
	for number, texts := range parsed([]byte(batch.text(2))).bytes {
		shared[number] = string(texts[0])
	}
	var events []arrived
	for _, bytes := range batch.bytes[3] {
		read := parsed(bytes)
		event := arrived{id: read.text(1), sequence: read.numbers[4], payload: read.text(8), context: map[int]string{}}
		for number, text := range shared {
			event.context[number] = text
		}
		for number, texts := range parsed([]byte(read.text(7))).bytes {
			event.context[number] = string(texts[0])
		}
		events = append(events, event)
	}
	return events
}

func (c *collector) arrived() []arrived {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]arrived(nil), c.events...)
}

// quick are settings that do not let a test wait.
func quick(c *collector, dir string) Config {
	return Config{
		Endpoint: c.URL, Key: "dev", Dir: dir, Consent: Granted,
		FlushInterval: 20 * time.Millisecond, RetryBase: 5 * time.Millisecond, RetryCap: 50 * time.Millisecond,
		Timeout: 5 * time.Second, CloseTimeout: 5 * time.Second,
	}
}

func opened(t *testing.T, config Config) *Client {
	t.Helper()
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}
