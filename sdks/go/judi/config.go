package judi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config is what a client does. Only Endpoint and Key have to be set.
type Config struct {
	// Endpoint is the server's address: https://collect.example.se.
	Endpoint string
	// Key is the write key. It says which app sends, and is no secret.
	Key string
	// Dir is the folder in which the queue, the ids and the session are kept. By default it is one of the user's
	// cache, by endpoint and key. Processes may share it.
	Dir string
	// InMemory keeps nothing on the device: what was not sent when the process ends is lost.
	InMemory bool

	// Consent is what is known at the start. Pending, the default, holds events in memory until SetConsent.
	Consent Consent
	// Identifiers "none" sends neither anonymous_id, user_id, session nor sequence, and keeps nothing on the device.
	// "" and "all" send them.
	Identifiers string

	// App and AppVersion say what sends. By default they come from the build.
	App, AppVersion string
	// Platform is "server" by default.
	Platform string
	// Collect switches off by name what is collected by itself: {"locale": false}. The names are those of the
	// context's fields.
	Collect map[string]bool

	// FlushAt is how many waiting events make a batch: 20.
	FlushAt int
	// FlushInterval is how long the first of them waits at most: 3 s.
	FlushInterval time.Duration
	// MaxBatchEvents is how many events a batch has at most: 100.
	MaxBatchEvents int
	// MaxBatchBytes is how many bytes of payloads a batch has at most: 400,000.
	MaxBatchBytes int
	// MaxQueueEvents is how many events may wait: 10,000. More are refused.
	MaxQueueEvents int
	// MaxQueueBytes is how many bytes of payloads may wait: 5,000,000. More are refused.
	MaxQueueBytes int
	// Timeout is how long an answer may take: 20 s.
	Timeout time.Duration
	// RetryBase and RetryCap bound the random wait after the n-th failure in a row: 1 s × 2ⁿ, 300 s at most.
	RetryBase, RetryCap time.Duration
	// RetryAfterCap is how long the server may ask to wait: an hour.
	RetryAfterCap time.Duration
	// CloseTimeout is how long Close may send: 5 s.
	CloseTimeout time.Duration
	// SessionIdle and SessionMax end a session: 30 min without an event, 24 h.
	SessionIdle, SessionMax time.Duration
	// MaxAge is how old an event may become before it is dropped: six days. The server knows resends for seven.
	MaxAge time.Duration

	// Middleware may change the context of an event, or drop it by answering false. They run one after another, on
	// the goroutine of Track (of SetConsent, for what was held), and must not call the client.
	Middleware []func(*Call) bool
	// OnPersisted tells that an event survives the process's death. The callbacks are called on a goroutine of
	// their own, one at a time.
	OnPersisted func(eventID string)
	// OnResult tells what became of an event.
	OnResult func(Result)
	// OnReport tells what was dropped, or did not fit. Nothing is dropped without one.
	OnReport func(Report)
	// Debug is told of each event and its verdict.
	Debug *slog.Logger

	// Transport sends the requests; by default one of the client's own.
	Transport http.RoundTripper
}

// Call is an event on its way through the middleware.
type Call struct {
	// Name is the event's name.
	Name string
	// Event is what Track was given. Its bytes are made: changing it changes nothing.
	Event Event
	// Context may be changed.
	Context Context
}

func or[T comparable](value *T, instead T) {
	var zero T
	if *value == zero {
		*value = instead
	}
}

// withDefaults fills in what is not set, and refuses what makes no sense.
func (c Config) withDefaults() (Config, error) {
	address, err := url.Parse(c.Endpoint)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return c, fmt.Errorf("judi: Endpoint %q is not the address of a server", c.Endpoint)
	}
	if c.Key == "" {
		return c, errors.New("judi: Key is not set")
	}
	if c.Identifiers != "" && c.Identifiers != "all" && c.Identifiers != "none" {
		return c, fmt.Errorf("judi: Identifiers is %q, and not one of all, none", c.Identifiers)
	}
	for name := range c.Collect {
		if !isCollected(name) {
			return c, fmt.Errorf("judi: Collect names %q, which nothing is called", name)
		}
	}
	c.Endpoint = strings.TrimRight(c.Endpoint, "/")
	or(&c.FlushAt, 20)
	or(&c.FlushInterval, 3*time.Second)
	or(&c.MaxBatchEvents, 100)
	or(&c.MaxBatchBytes, 400_000)
	or(&c.MaxQueueEvents, 10_000)
	or(&c.MaxQueueBytes, 5_000_000)
	or(&c.Timeout, 20*time.Second)
	or(&c.RetryBase, time.Second)
	or(&c.RetryCap, 300*time.Second)
	or(&c.RetryAfterCap, time.Hour)
	or(&c.CloseTimeout, 5*time.Second)
	or(&c.SessionIdle, 30*time.Minute)
	or(&c.SessionMax, 24*time.Hour)
	or(&c.MaxAge, 6*24*time.Hour)
	or(&c.Platform, "server")
	for _, number := range []int{c.FlushAt, c.MaxBatchEvents, c.MaxBatchBytes, c.MaxQueueEvents, c.MaxQueueBytes} {
		if number < 0 {
			return c, errors.New("judi: a limit is below zero")
		}
	}
	if c.Dir == "" && !c.InMemory {
		c.Dir = ownFolder(c.Endpoint, c.Key)
		c.InMemory = c.Dir == ""
	}
	return c, nil
}

// ownFolder is a folder of the user's cache; "": there is none.
func ownFolder(endpoint, key string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(endpoint + "\n" + key))
	return filepath.Join(cache, "judi", hex.EncodeToString(sum[:8]))
}
