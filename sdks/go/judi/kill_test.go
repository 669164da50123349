package judi

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	childDir      = "JUDI_TEST_CHILD_DIR"
	childEndpoint = "JUDI_TEST_CHILD_ENDPOINT"
)

// TestMain is also the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir, os.Getenv(childEndpoint))
		return
	}
	os.Exit(m.Run())
}

// child tracks until it is killed, and says what was persisted.
func child(dir, endpoint string) {
	client, err := New(Config{
		Endpoint: endpoint, Key: "dev", Dir: dir, Consent: Granted, FlushInterval: 5 * time.Millisecond,
		RetryBase: time.Millisecond, RetryCap: 10 * time.Millisecond,
		OnPersisted: func(id string) { _, _ = fmt.Println(id) },
	})
	if err != nil {
		_, _ = fmt.Println("error", err)
		return
	}
	for number := 0; ; number++ {
		if _, err := client.Track(context.Background(), sample(fmt.Sprint(os.Getpid(), " ", number))); err != nil {
			time.Sleep(time.Millisecond)
		}
		if number%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func TestWhatWasPersistedArrivesOnceHoweverOftenTheProcessIsKilled(t *testing.T) {
	server := newCollector(t)
	server.says(func(request int, w http.ResponseWriter, batch []arrived) bool {
		switch request % 9 {
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		case 5:
			// The events are taken, and nobody is told.
			server.answer(&silent{}, batch)
			panic(http.ErrAbortHandler)
		case 8:
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	dir := t.TempDir()
	persisted := map[string]bool{}
	for range 20 {
		for _, id := range killed(t, dir, server.URL) {
			persisted[id] = true
		}
	}
	config := quick(server, dir)
	client := opened(t, config)
	start := time.Now()
	if err := client.Flush(deadline(t)); err != nil {
		client.mutex.Lock()
		defer client.mutex.Unlock()
		t.Fatalf("%v: %d wait, %d are ready", err, client.count, len(client.ready))
	}
	came, payloads, numbers := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	for _, event := range server.arrived() {
		if came[event.id] || payloads[event.payload] || numbers[event.sequence] {
			t.Fatal("twice", event)
		}
		came[event.id], payloads[event.payload], numbers[event.sequence] = true, true, true
	}
	for id := range persisted {
		if !came[id] {
			t.Fatalf("%s was persisted and did not arrive: %d persisted, %d arrived", id, len(persisted), len(came))
		}
	}
	if len(persisted) < 100 {
		t.Fatalf("only %d events were persisted: nothing is shown", len(persisted))
	}
	t.Logf("%d persisted, %d arrived, %d requests, the rest in %v", len(persisted), len(came), server.requests, time.Since(start))
}

// silent is an answer that goes nowhere.
type silent struct{}

func (silent) Header() http.Header             { return http.Header{} }
func (silent) Write(bytes []byte) (int, error) { return len(bytes), nil }
func (silent) WriteHeader(int)                 {}

// killed runs a child for a moment, kills it, and gives what it said was persisted.
func killed(t *testing.T, dir, endpoint string) []string {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childDir+"="+dir, childEndpoint+"="+endpoint)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	lines := bufio.NewScanner(output)
	// The first id shows that it has begun: a slow machine is no reason to kill it before.
	for lines.Scan() {
		if len(ids) == 0 {
			time.AfterFunc(time.Duration(5+rand.IntN(60))*time.Millisecond, func() { _ = command.Process.Kill() })
		}
		if text := lines.Text(); len(text) == 36 {
			ids = append(ids, text)
		} else if strings.HasPrefix(text, "error") {
			t.Error(text)
			_ = command.Process.Kill()
		}
	}
	_ = command.Wait()
	return ids
}
