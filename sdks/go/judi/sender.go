package judi

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// answerBytes is as much of an answer as is read, beside some for each event.
	answerBytes      = 64 << 10
	answerEventBytes = 4 << 10
	// filesMax is from how many files on what waits is written anew: a full queue needs a third of them.
	filesMax = 24
)

// sender is the goroutine that sends, one batch at a time. Its fields are its own but for what says otherwise.
type sender struct {
	client *Client
	http   *http.Client
	woken  chan struct{}
	// cutting is the request's end that dropAll asks for; under the client's mutex.
	cutting context.CancelFunc
	// hurries: the client is closing, so that a wait of our own choice is not waited for.
	hurries atomic.Bool
	// limit is how many events the next batch may have, after a 413.
	limit    int
	failures int
	notUntil time.Time
	// isAsked: notUntil is the server's wish.
	isAsked bool
	// roundTrip is the smallest of this session; 0: none was measured. It is reset by newSession.
	roundTrip atomic.Int64
}

func newSender(client *Client) *sender {
	transport := client.config.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: client.config.Timeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        2,
			IdleConnTimeout:     50 * time.Second,
			TLSHandshakeTimeout: client.config.Timeout,
		}
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &sender{
		client: client,
		http:   &http.Client{Transport: transport, CheckRedirect: refuse},
		woken:  make(chan struct{}, 1),
	}
}

func (s *sender) wake() { wake(s.woken) }

// newSession forgets the round trip of the session before.
func (s *sender) newSession() { s.roundTrip.Store(0) }

// cut ends the request that is under way; under the client's mutex.
func (s *sender) cut() {
	if s.cutting != nil {
		s.cutting()
	}
}

func (s *sender) run() {
	defer s.client.working.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := s.step()
		if wait == 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-s.woken:
		case <-timer.C:
		case <-s.client.stopped:
			return
		}
	}
}

// step sends a batch if one is due, and answers how long to wait for the next; 0: not at all.
func (s *sender) step() time.Duration {
	select {
	case <-s.client.stopped:
		return time.Hour
	default:
	}
	now := s.client.clock.now()
	batch, generation, wait := s.next(now)
	if wait > 0 {
		return wait
	}
	if s.expired(batch, now) {
		return 0
	}
	s.client.mutex.Lock()
	if generation != s.client.generation || s.client.isOver {
		s.client.mutex.Unlock()
		return 0
	}
	ctx, cut := context.WithTimeout(context.Background(), s.client.config.Timeout)
	s.cutting = cut
	s.client.mutex.Unlock()
	given := s.send(ctx, batch)
	cut()
	s.client.mutex.Lock()
	s.cutting = nil
	isCut := generation != s.client.generation
	s.client.mutex.Unlock()
	if !isCut {
		s.settle(batch, given)
	}
	return 0
}

// next is the batch that is due, or how long to wait for it.
func (s *sender) next(now time.Time) ([]*entry, uint64, time.Duration) {
	c := s.client
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.settleFlushes()
	if len(c.ready) == 0 || !c.maySend() {
		return nil, 0, time.Hour
	}
	if wait := s.notUntil.Sub(now); wait > 0 && (s.isAsked || !s.hurries.Load()) {
		return nil, 0, wait
	}
	isDue := len(c.ready) >= c.config.FlushAt || len(c.flushes) > 0 || s.failures > 0 || s.limit > 0 || s.hurries.Load()
	if wait := c.config.FlushInterval - now.Sub(c.ready[0].waits); !isDue && wait > 0 {
		return nil, 0, wait
	}
	limit := c.config.MaxBatchEvents
	if s.limit > 0 {
		limit = min(limit, s.limit)
	}
	bytes := 0
	for at, item := range c.ready {
		bytes += len(item.payload)
		if at == limit || (at > 0 && bytes > c.config.MaxBatchBytes) {
			return slices.Clone(c.ready[:at]), c.generation, 0
		}
	}
	return slices.Clone(c.ready), c.generation, 0
}

// expired drops what the server would no longer know as a resend; true: something was.
func (s *sender) expired(batch []*entry, now time.Time) bool {
	c := s.client
	old := slices.DeleteFunc(slices.Clone(batch), func(item *entry) bool {
		return now.Sub(item.occurred) <= c.config.MaxAge
	})
	for _, item := range old {
		c.tell.result(item.name, Result{EventID: item.id, Status: "expired"})
		c.tell.report(Report{Kind: "expired", EventID: item.id, Event: item.name})
	}
	c.done(old)
	return len(old) > 0
}

// send sends a batch once. An answer that did not come is one to wait after.
func (s *sender) send(ctx context.Context, batch []*entry) answer {
	c := s.client
	facts := batchFacts{sentAt: c.clock.now()}
	facts.monotonic, facts.hasMonotonic = c.clock.monotonic()
	if least := s.roundTrip.Load(); least > 0 {
		facts.roundTrip, facts.hasRoundTrip = uint64(least), true
	}
	body := appendBatch(nil, batch, facts)
	isPacked := len(body) > gzipOver
	if isPacked {
		packed, err := compressed(body)
		if err == nil {
			body = packed
		}
		isPacked = err == nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Endpoint+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return answer{act: actWait}
	}
	request.Header.Set("Authorization", "Bearer "+c.config.Key)
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("User-Agent", sdkName+"/"+sdkVersion)
	if isPacked {
		request.Header.Set("Content-Encoding", "gzip")
	}
	start := time.Now()
	response, err := s.http.Do(request)
	if err != nil {
		s.debug("no answer", "error", err)
		return answer{act: actWait}
	}
	defer response.Body.Close()
	words, err := io.ReadAll(io.LimitReader(response.Body, answerBytes+int64(len(batch))*answerEventBytes))
	if err != nil {
		s.debug("half an answer", "error", err)
		return answer{act: actWait}
	}
	if response.StatusCode == http.StatusOK {
		took := max(1, time.Since(start).Milliseconds())
		if least := s.roundTrip.Load(); least == 0 || took < least {
			s.roundTrip.Store(took)
		}
	}
	return judge(response.StatusCode, response.Header, words, batch, c.clock.now())
}

func (s *sender) debug(what string, facts ...any) {
	if logger := s.client.config.Debug; logger != nil {
		logger.Debug("judi: "+what, facts...)
	}
}

// settle does what an answer asks for.
func (s *sender) settle(batch []*entry, given answer) {
	switch given.act {
	case actWait:
		s.wait(given)
	case actHalve:
		if len(batch) > 1 {
			s.limit = (len(batch) + 1) / 2
			return
		}
		s.drop(batch, "too_large", given)
	case actRefuse:
		s.drop(batch, "refused", given)
	case actSettle:
		s.limit = 0
		var settled []*entry
		for at := range given.results {
			if s.tell(batch[at], &given.results[at]) {
				settled = append(settled, batch[at])
			}
		}
		s.client.done(settled)
		if len(settled) < len(batch) {
			s.wait(given)
			return
		}
		s.failures, s.notUntil = 0, time.Time{}
	}
}

// wait notes a failed try, and until when nothing is sent.
func (s *sender) wait(given answer) {
	now := s.client.clock.now()
	s.failures++
	s.isAsked = given.hasAfter
	if given.hasAfter {
		s.notUntil = now.Add(asked(given.after, &s.client.config))
		return
	}
	s.notUntil = now.Add(backoff(s.failures, &s.client.config))
}

// drop gives a batch up.
func (s *sender) drop(batch []*entry, kind string, given answer) {
	s.limit, s.failures, s.notUntil = 0, 0, time.Time{}
	for _, item := range batch {
		s.client.tell.result(item.name, Result{EventID: item.id, Status: kind, Reason: given.reason, Detail: given.words})
		s.client.tell.report(Report{
			Kind: kind, EventID: item.id, Event: item.name,
			Status: given.status, Reason: given.reason, Detail: given.words,
		})
	}
	s.client.done(batch)
}

// tell tells an event's result; false: it is to be sent again.
func (s *sender) tell(item *entry, given *result) bool {
	if !given.isFinal() {
		s.debug(given.Status, "event", item.name, "event_id", item.id, "detail", given.Detail)
		return false
	}
	s.client.tell.result(item.name, Result{
		EventID: item.id, Status: given.Status, Reason: given.Reason, Field: given.Field, Detail: given.Detail,
	})
	if given.Status == "quarantined" || given.Status == "rejected" {
		s.client.tell.report(Report{
			Kind: given.Status, EventID: item.id, Event: item.name,
			Reason: given.Reason, Field: given.Field, Detail: given.Detail, Status: http.StatusOK,
		})
	}
	return true
}

// done takes events out of the queue, in memory and on the disk.
func (c *Client) done(entries []*entry) {
	if len(entries) == 0 {
		return
	}
	c.mutex.Lock()
	c.takeOut(entries)
	journal := c.journal
	c.mutex.Unlock()
	if journal == nil {
		return
	}
	keep := func() error { return journal.writeState(c.stateNow()) }
	err := journal.done(entries, keep)
	if err == nil && journal.files() > filesMax {
		c.mutex.Lock()
		waiting, wiped := slices.Clone(c.ready), journal.wiped
		c.mutex.Unlock()
		err = journal.compact(waiting, wiped, keep)
	}
	if err != nil {
		c.tell.failure("storage", err)
	}
}

// takeOut takes events out of those that are ready, in whose order they are. They are among the first, so that the rest
// need not be looked at: callers of Track wait for this.
func (c *Client) takeOut(entries []*entry) {
	var kept []*entry
	at := 0
	for ; at < len(c.ready) && len(entries) > 0; at++ {
		item := c.ready[at]
		if item != entries[0] {
			kept = append(kept, item)
			continue
		}
		entries = entries[1:]
		c.count--
		c.bytes -= len(item.payload)
	}
	if at -= len(kept); at > 0 {
		copy(c.ready[at:], kept)
		clear(c.ready[:at])
		c.ready = c.ready[at:]
	}
}

func (c *Client) stateNow() state {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.state
}
