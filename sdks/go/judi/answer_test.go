package judi

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhatIsDoneFollowsFromTheAnswer(t *testing.T) {
	batch := some(2, 1)
	both := `{"results":[{"event_id":"id-1","status":"ok"},{"event_id":"id-2","status":"retry"}]}`
	cases := []struct {
		status int
		after  string
		body   string
		want   action
		wait   time.Duration
	}{
		{200, "", both, actSettle, 0},
		{200, "7", both, actSettle, 7 * time.Second},
		{200, "", both[:40], actWait, 0},
		{200, "", `{"results":[{"event_id":"id-1","status":"ok"}]}`, actWait, 0},
		{200, "", strings.Replace(both, "id-2", "id-3", 1), actWait, 0},
		{204, "", "", actWait, 0},
		{302, "", "", actWait, 0},
		{408, "", "", actWait, 0},
		{429, "120", "", actWait, 2 * time.Minute},
		{503, "Thu, 01 Jan 1970 00:01:00 GMT", "", actWait, time.Minute},
		{503, "soon", "", actWait, 0},
		{500, "120", "", actWait, 0},
		{413, "", "", actHalve, 0},
		{400, "", `{"error":"unreadable","message":"no batch"}`, actRefuse, 0},
		{418, "", "words", actRefuse, 0},
	}
	for _, test := range cases {
		header := http.Header{}
		if test.after != "" {
			header.Set("Retry-After", test.after)
		}
		got := judge(test.status, header, []byte(test.body), batch, time.Unix(0, 0))
		if got.act != test.want || got.after != test.wait {
			t.Errorf("%d %q: %v %v", test.status, test.after, got.act, got.after)
		}
	}
	if got := judge(400, nil, []byte(`{"error":"unreadable","message":"no batch"}`), batch, time.Now()); got.reason != "unreadable" || got.words != "no batch" {
		t.Error(got)
	}
}

func TestWaitsStayWithinTheirBounds(t *testing.T) {
	config := &Config{RetryBase: time.Second, RetryCap: 300 * time.Second, RetryAfterCap: time.Hour}
	for failures := range 200 {
		bound := 300 * time.Second
		if failures < 9 {
			bound = min(bound, time.Second<<failures)
		}
		for range 20 {
			if wait := backoff(failures, config); wait < 0 || wait > bound {
				t.Fatal(failures, wait)
			}
		}
	}
	for range 100 {
		if wait := asked(10*time.Second, config); wait < 10*time.Second || wait > 11*time.Second {
			t.Fatal(wait)
		}
		if wait := asked(10*time.Hour, config); wait < time.Hour || wait > 66*time.Minute {
			t.Fatal(wait)
		}
	}
}

func TestIdsAscendWhateverTheClockDoes(t *testing.T) {
	var maker idMaker
	now := time.Now()
	var made []string
	for at := range 20_000 {
		made = append(made, maker.make(now.Add(time.Duration(at%7-3)*time.Millisecond)))
	}
	if !slices.IsSorted(made) || len(slices.Compact(made)) != 20_000 {
		t.Fatal("they do not ascend")
	}
	for _, id := range made {
		if id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Fatal(id)
		}
	}
}

func TestAnEventSaysOnlyWhatDiffersFromItsBatch(t *testing.T) {
	batch := some(3, 1)
	batch[0].context = &Context{App: "app", UserID: "u", Locale: "sv"}
	batch[1].context = &Context{App: "app", Locale: "en"}
	batch[2].context = &Context{App: "app", UserID: "u", Locale: "en"}
	read := parsed(appendBatch(nil, batch, batchFacts{sentAt: time.Unix(5, 0)}))
	shared := parsed([]byte(read.text(2)))
	if shared.text(4) != "app" || shared.text(9) != "en" || shared.text(2) != "" {
		t.Error("what is shared", shared)
	}
	events := batchOf(appendBatch(nil, batch, batchFacts{}))
	for at, want := range []string{"u", "", "u"} {
		if events[at].context[2] != want || events[at].context[4] != "app" {
			t.Error(at, events[at])
		}
	}
	if own := parsed([]byte(parsed(read.bytes[3][1]).text(7))); len(own.bytes) != 0 {
		t.Error("the second has nothing of its own", own)
	}
}
