package judi

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// What the client does with a batch, by its answer. It follows from the answer alone.
type answer struct {
	// act is what to do.
	act action
	// results are of actSettle, one per event.
	results []result
	// after is what the server asks to wait; hasAfter: it does.
	after    time.Duration
	hasAfter bool
	// status and words are of actRefuse.
	status int
	words  string
	reason string
}

type action int

const (
	// actWait keeps the batch and sends it again later.
	actWait action = iota
	// actSettle lets go of each event whose result says so.
	actSettle
	// actHalve sends half of it at once.
	actHalve
	// actRefuse drops it.
	actRefuse
)

// result is one member of the answer's results.
type result struct {
	EventID string `json:"event_id"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Field   string `json:"field"`
	Detail  string `json:"detail"`
}

// isFinal tells whether the event need not be sent again. A status that nobody knows yet is not.
func (r *result) isFinal() bool {
	switch r.Status {
	case "ok", "duplicate", "quarantined", "rejected":
		return true
	}
	return false
}

// judge says what an answer means for a batch of these events.
func judge(status int, header http.Header, body []byte, batch []*entry, now time.Time) answer {
	after, hasAfter := retryAfter(header.Get("Retry-After"), now)
	switch {
	case status == http.StatusOK:
		if results, ok := readResults(body, batch); ok {
			return answer{act: actSettle, results: results, after: after, hasAfter: hasAfter}
		}
		return answer{act: actWait}
	case status == http.StatusRequestEntityTooLarge:
		return answer{act: actHalve, status: status}
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return answer{act: actWait, after: after, hasAfter: hasAfter}
	case status == http.StatusRequestTimeout, status < 400, status >= 500:
		return answer{act: actWait}
	}
	var refusal struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	words := string(body)
	if json.Unmarshal(body, &refusal) == nil && refusal.Message != "" {
		words = refusal.Message
	}
	return answer{act: actRefuse, status: status, reason: refusal.Error, words: words}
}

// readResults reads one result per event, in their order.
func readResults(body []byte, batch []*entry) ([]result, bool) {
	var read struct {
		Results []result `json:"results"`
	}
	if json.Unmarshal(body, &read) != nil || len(read.Results) != len(batch) {
		return nil, false
	}
	for at := range read.Results {
		own := &read.Results[at]
		if own.EventID == "" {
			own.EventID = batch[at].id
		}
		if own.EventID != batch[at].id || own.Status == "" {
			return nil, false
		}
	}
	return read.Results, true
}

// retryAfter reads seconds or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int64(24*time.Hour/time.Second))) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

// asked is how long the server's wait lasts here: at most the cap, and up to a tenth more by chance.
func asked(after time.Duration, config *Config) time.Duration {
	after = min(after, config.RetryAfterCap)
	return after + time.Duration(rand.Float64()*float64(after)/10)
}

// backoff is a random time between 0 and min(cap, base × 2ⁿ), n being the tries in a row that failed.
func backoff(failures int, config *Config) time.Duration {
	bound := config.RetryCap
	if failures < 62 {
		if doubled := config.RetryBase << failures; doubled > 0 && doubled>>failures == config.RetryBase {
			bound = min(bound, doubled)
		}
	}
	return time.Duration(rand.Float64() * float64(bound))
}
