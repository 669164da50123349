package judi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestManyGoroutinesTrackAndEachEventArrivesOnceInOrder(t *testing.T) {
	server := newCollector(t)
	server.says(func(request int, w http.ResponseWriter, _ []arrived) bool {
		if request%3 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	client := opened(t, quick(server, t.TempDir()))
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range 250 {
				if _, err := client.Track(context.Background(), sample(fmt.Sprint(worker, " ", number))); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	if err := client.Flush(deadline(t)); err != nil {
		t.Fatal(err)
	}
	events := server.arrived()
	if len(events) != 2000 {
		t.Fatalf("%d events arrived", len(events))
	}
	for at, event := range events {
		if event.sequence != uint64(at+1) {
			t.Fatalf("number %d came in place %d", event.sequence, at+1)
		}
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestTheQueueRefusesWhatDoesNotFitAndReportsIt(t *testing.T) {
	server := newCollector(t)
	config := quick(server, t.TempDir())
	config.Consent, config.MaxQueueEvents = Pending, 2
	reports := make(chan Report, 10)
	config.OnReport = func(report Report) { reports <- report }
	client := opened(t, config)
	for range 2 {
		if id, err := client.Track(context.Background(), sample("a")); err != nil || id != "" {
			t.Fatal(id, err)
		}
	}
	if _, err := client.Track(context.Background(), sample("a")); !errors.Is(err, ErrQueueFull) {
		t.Fatal(err)
	}
	if report := <-reports; report.Kind != "queue_full" || report.Event != "sample" {
		t.Fatal(report)
	}
	if err := client.SetConsent(Granted); err != nil {
		t.Fatal(err)
	}
	_ = client.Flush(deadline(t))
	if events := server.arrived(); len(events) != 2 || events[0].sequence != 1 || events[0].context[18] != "granted" {
		t.Fatal(events)
	}
}

func TestDeniedConsentRemovesWhatIsStoredAndNothingLeaves(t *testing.T) {
	server := newCollector(t)
	dir := t.TempDir()
	config := quick(server, dir)
	config.FlushInterval = time.Hour
	persisted := make(chan string, 10)
	config.OnPersisted = func(id string) { persisted <- id }
	client := opened(t, config)
	_, _ = client.Track(context.Background(), sample("a"))
	<-persisted
	if err := client.SetConsent(Denied); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Track(context.Background(), sample("a")); !errors.Is(err, ErrNoConsent) {
		t.Fatal(err)
	}
	files, _ := os.ReadDir(filepath.Join(dir, "0"))
	if len(files) != 1 || files[0].Name() != "lock" {
		t.Fatal(files)
	}
	_ = client.Close(context.Background())
	if server.requests != 0 {
		t.Fatal("something left")
	}
}

func TestAPersonNamedByTheCallHasNeitherOwnIdsNorNumber(t *testing.T) {
	server := newCollector(t)
	client := opened(t, quick(server, t.TempDir()))
	client.SetUser("own")
	ctx := WithContext(context.Background(), Context{PageURL: "https://a.example/b"})
	_, _ = client.Track(ctx, sample("own"))
	_, _ = client.Track(WithContext(ctx, Context{UserID: "other"}), sample("other"))
	_ = client.Flush(deadline(t))
	events := server.arrived()
	own, other := events[0], events[1]
	if own.sequence != 1 || own.context[2] != "own" || own.context[1] == "" || own.context[10] != "https://a.example/b" {
		t.Error(own)
	}
	if other.sequence != 0 || other.context[2] != "other" || other.context[1] != "" || other.context[3] != "" || other.context[10] == "" {
		t.Error(other)
	}
}

func TestMiddlewareChangesTheContextOrDropsTheEvent(t *testing.T) {
	server := newCollector(t)
	config := quick(server, t.TempDir())
	config.Middleware = []func(*Call) bool{
		func(call *Call) bool { call.Context.Locale = ""; return true },
		func(call *Call) bool { return call.Event != sample("drop") },
	}
	client := opened(t, config)
	for _, text := range []string{"drop", "keep"} {
		_, _ = client.Track(context.Background(), sample(text))
	}
	_ = client.Flush(deadline(t))
	if events := server.arrived(); len(events) != 1 || events[0].sequence != 1 || events[0].context[9] != "" {
		t.Fatal(events)
	}
}

func TestACampaignBeginsASession(t *testing.T) {
	server := newCollector(t)
	client := opened(t, quick(server, t.TempDir()))
	for _, address := range []string{"", "https://a.example/?utm_source=x", "", "https://a.example/?utm_source=x", "https://a.example/?utm_source=y"} {
		_, _ = client.Track(WithContext(context.Background(), Context{PageURL: address}), sample("a"))
	}
	_ = client.Flush(deadline(t))
	var sessions []int
	names := map[string]int{}
	for _, event := range server.arrived() {
		if _, known := names[event.context[3]]; !known {
			names[event.context[3]] = len(names)
		}
		sessions = append(sessions, names[event.context[3]])
	}
	if fmt.Sprint(sessions) != "[0 1 1 1 2]" {
		t.Fatal(sessions)
	}
}

func TestOldEventsExpire(t *testing.T) {
	server := newCollector(t)
	now := time.Now().Add(-7 * 24 * time.Hour)
	config := quick(server, t.TempDir())
	config.Consent = Pending
	reports := make(chan Report, 1)
	config.OnReport = func(report Report) { reports <- report }
	var mutex sync.Mutex
	client, err := newClient(config, clocks{monotonic: monotonic, now: func() time.Time {
		mutex.Lock()
		defer mutex.Unlock()
		return now
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(context.Background()) }()
	_, _ = client.Track(context.Background(), sample("old"))
	mutex.Lock()
	now = time.Now()
	mutex.Unlock()
	_ = client.SetConsent(Granted)
	_ = client.Flush(deadline(t))
	if report := <-reports; report.Kind != "expired" {
		t.Fatal(report)
	}
	if len(server.arrived()) != 0 {
		t.Fatal("it was sent")
	}
}

func TestWhatIsLeftByAnotherProcessIsAdopted(t *testing.T) {
	server := newCollector(t)
	dir := t.TempDir()
	// A process that took the second folder, and was killed.
	first, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := openJournal(dir)
	if err != nil || second.folder != filepath.Join(dir, "1") {
		t.Fatal(second, err)
	}
	left := &entry{id: "left", name: "sample", occurred: time.Now(), sequence: 7, hasSequence: true, context: &Context{AnonymousID: "a"}}
	if _, err := second.write([]*entry{left}, 0); err != nil {
		t.Fatal(err)
	}
	first.shut()
	second.shut()
	client := opened(t, quick(server, dir))
	for end := time.Now().Add(10 * time.Second); len(server.arrived()) == 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	_ = client.Close(context.Background())
	if events := server.arrived(); len(events) != 1 || events[0].id != "left" || events[0].sequence != 7 || events[0].context[1] != "a" {
		t.Fatal(events)
	}
	again, _ := takeFolder(filepath.Join(dir, "1"), false)
	waiting, last, err := again.recover()
	if len(waiting) != 0 || max(last, again.readState().Sequence) != 7 || err != nil {
		t.Fatal(waiting, last, err)
	}
	again.shut()
}

func TestWhereNothingCanBeKeptEventsAreSentAllTheSame(t *testing.T) {
	server := newCollector(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	config := quick(server, file)
	reports := make(chan Report, 10)
	config.OnReport = func(report Report) { reports <- report }
	client := opened(t, config)
	_, _ = client.Track(context.Background(), sample("a"))
	_ = client.Flush(deadline(t))
	if len(server.arrived()) != 1 {
		t.Fatal("it did not arrive")
	}
	if report := <-reports; report.Kind != "error" || report.Reason != "storage" {
		t.Fatal(report)
	}
}

func TestWhatMakesNoSenseIsRefusedAtTheStart(t *testing.T) {
	for _, config := range []Config{
		{Key: "k"}, {Endpoint: "localhost:8080", Key: "k"}, {Endpoint: "http://a"},
		{Endpoint: "http://a", Key: "k", Identifiers: "some"},
		{Endpoint: "http://a", Key: "k", Collect: map[string]bool{"refferer": false}},
		{Endpoint: "http://a", Key: "k", FlushAt: -1},
	} {
		if _, err := New(config); err == nil {
			t.Error(config)
		}
	}
}

func TestACallbackThatPanicsOrBlocksStopsNothing(t *testing.T) {
	server := newCollector(t)
	config := quick(server, t.TempDir())
	config.OnResult = func(Result) { panic("of the app") }
	client := opened(t, config)
	for range 3 {
		_, _ = client.Track(context.Background(), sample("a"))
		if err := client.Flush(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Track(context.Background(), sample("a")); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}
