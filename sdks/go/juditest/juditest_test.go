package juditest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"judi.example/events/internal/wire"
	"judi.example/events/judi"
)

type sample string

func (s sample) JudiEvent(e *wire.Encoder) {
	e.Name = "sample"
	e.Tag(10)
	e.Text("text", string(s))
}

// listener hears what would fail a test.
type listener struct{ said []string }

func (l *listener) Helper() {}
func (l *listener) Errorf(format string, values ...any) {
	l.said = append(l.said, fmt.Sprintf(format, values...))
}

func TestARecorderTellsWhatWasSentAndWhatWasNot(t *testing.T) {
	heard := &listener{}
	recorder := New(heard)
	recorder.Nothing()
	if id, err := recorder.Track(context.Background(), sample("a")); id == "" || err != nil {
		t.Fatal(id, err)
	}
	if recorder.Sent(sample("a")) != 1 {
		t.Error("it was sent")
	}
	recorder.NotSent(sample("b"))
	if len(heard.said) != 0 {
		t.Fatal(heard.said)
	}
	recorder.Sent(sample("b"))
	recorder.NotSent(sample("a"))
	recorder.Nothing()
	_, _ = recorder.Track(context.Background(), sample("\xff"))
	want := []string{"not sent: sample b\nsent:     sample a", "sent: sample a", "nothing was to be sent\nsent:     sample a", "sample cannot be sent: judi: invalid_text: text: not UTF-8"}
	if strings.Join(heard.said, "|") != strings.Join(want, "|") {
		t.Errorf("%q", heard.said)
	}
	recorder.Fail(judi.ErrQueueFull)
	if _, err := recorder.Track(context.Background(), sample("a")); !errors.Is(err, judi.ErrQueueFull) {
		t.Error(err)
	}
	recorder.Reset()
	recorder.NotSent(sample("a"))
}
