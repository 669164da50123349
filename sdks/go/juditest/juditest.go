// Package juditest is a client that sends nothing and remembers everything, for the tests of apps.
//
//	recorder := juditest.New(t)
//	page := NewPage(recorder) // takes a judi.Tracker
//	page.Open("/articles/elk")
//	recorder.Sent(events.NewArticleView("/articles/elk").Section("inrikes"))
package juditest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"judi.example/events/judi"
)

// TB is what a recorder needs of a [testing.T].
type TB interface {
	Helper()
	Errorf(format string, values ...any)
}

// Call is an event that was tracked.
type Call struct {
	// ID is what Track answered.
	ID string
	// Name is the event's.
	Name string
	// Event is what was given. Its bytes were made when it was given: what is compared does not change with it.
	Event judi.Event

	payload []byte
}

// Recorder is a [judi.Tracker] for tests. It is safe for concurrent use.
type Recorder struct {
	t     TB
	mutex sync.Mutex
	calls []Call
	fails error
}

var _ judi.Tracker = (*Recorder)(nil)

// New makes a recorder that fails this test.
func New(t TB) *Recorder {
	return &Recorder{t: t}
}

// Track remembers an event. What is wrong with it is an error, as of the client, and fails the test.
func (r *Recorder) Track(_ context.Context, event judi.Event) (string, error) {
	r.t.Helper()
	name, payload, err := judi.Encode(event)
	if err != nil {
		r.t.Errorf("%s cannot be sent: %v", name, err)
		return "", err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.fails != nil {
		return "", r.fails
	}
	id := fmt.Sprintf("00000000-0000-7000-8000-%012d", len(r.calls)+1)
	r.calls = append(r.calls, Call{ID: id, Name: name, Event: event, payload: payload})
	return id, nil
}

// Fail makes every later call answer this error: judi.ErrQueueFull, judi.ErrNoConsent. nil ends it.
func (r *Recorder) Fail(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.fails = err
}

// Calls are the events in the order of the calls.
func (r *Recorder) Calls() []Call {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]Call(nil), r.calls...)
}

// Reset forgets what was tracked.
func (r *Recorder) Reset() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.calls = nil
}

// Sent fails the test unless this very event was tracked, and answers how often.
func (r *Recorder) Sent(event judi.Event) int {
	r.t.Helper()
	name, payload, err := judi.Encode(event)
	if err != nil {
		r.t.Errorf("%s could not be sent: %v", name, err)
		return 0
	}
	count := r.count(name, payload)
	if count == 0 {
		r.t.Errorf("not sent: %s\n%s", shown(name, event), r.seen())
	}
	return count
}

// NotSent fails the test if this very event was tracked.
func (r *Recorder) NotSent(event judi.Event) {
	r.t.Helper()
	name, payload, err := judi.Encode(event)
	if err == nil && r.count(name, payload) > 0 {
		r.t.Errorf("sent: %s", shown(name, event))
	}
}

// Nothing fails the test if anything was tracked.
func (r *Recorder) Nothing() {
	r.t.Helper()
	if len(r.Calls()) > 0 {
		r.t.Errorf("nothing was to be sent\n%s", r.seen())
	}
}

func (r *Recorder) count(name string, payload []byte) int {
	count := 0
	for _, call := range r.Calls() {
		if call.Name == name && bytes.Equal(call.payload, payload) {
			count++
		}
	}
	return count
}

func (r *Recorder) seen() string {
	calls := r.Calls()
	if len(calls) == 0 {
		return "nothing was sent"
	}
	lines := make([]string, len(calls))
	for at, call := range calls {
		lines[at] = "sent:     " + shown(call.Name, call.Event)
	}
	return strings.Join(lines, "\n")
}

func shown(name string, event judi.Event) string {
	return fmt.Sprintf("%s %+v", name, event)
}
