package judi

import (
	"fmt"
	"sync"
)

// Result is what became of an event at the server.
type Result struct {
	EventID string
	// Status is ok, duplicate, quarantined or rejected; of what the client dropped, the report's kind.
	Status string
	// Reason, Field and Detail are the server's words.
	Reason, Field, Detail string
}

// Report is what was dropped, or did not fit.
type Report struct {
	// Kind is quarantined, rejected, too_large, refused, queue_full, expired, no_consent or error.
	Kind string
	// EventID and Event are which; empty where the report is of no event, or it had no id yet.
	EventID, Event string
	// Reason, Field and Detail say why.
	Reason, Field, Detail string
	// Status is the answer's, of what was refused.
	Status int
}

// teller calls the callbacks, in order, where nobody waits for them.
type teller struct {
	config *Config
	mutex  sync.Mutex
	filled *sync.Cond
	told   *sync.Cond
	calls  []func()
	isBusy bool
	isOver bool
}

func newTeller(config *Config) *teller {
	t := &teller{config: config}
	t.filled, t.told = sync.NewCond(&t.mutex), sync.NewCond(&t.mutex)
	return t
}

func (t *teller) run() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for {
		for len(t.calls) == 0 {
			t.isBusy = false
			t.told.Broadcast()
			if t.isOver {
				return
			}
			t.filled.Wait()
		}
		calls := t.calls
		t.calls, t.isBusy = nil, true
		t.mutex.Unlock()
		for _, call := range calls {
			guarded(call)
		}
		t.mutex.Lock()
	}
}

// guarded keeps a callback's panic from ending the program.
func guarded(call func()) {
	defer func() { _ = recover() }()
	call()
}

func (t *teller) tell(call func()) {
	t.mutex.Lock()
	t.calls = append(t.calls, call)
	t.mutex.Unlock()
	t.filled.Signal()
}

// end waits until everything was told.
func (t *teller) end() {
	t.mutex.Lock()
	t.isOver = true
	t.filled.Signal()
	for len(t.calls) > 0 || t.isBusy {
		t.told.Wait()
	}
	t.mutex.Unlock()
}

func (t *teller) persisted(ids []string) {
	if call := t.config.OnPersisted; call != nil && len(ids) > 0 {
		t.tell(func() {
			for _, id := range ids {
				guarded(func() { call(id) })
			}
		})
	}
}

func (t *teller) result(event string, result Result) {
	if logger := t.config.Debug; logger != nil {
		logger.Debug("judi: "+result.Status, "event", event, "event_id", result.EventID, "reason", result.Reason,
			"field", result.Field, "detail", result.Detail)
	}
	if call := t.config.OnResult; call != nil {
		t.tell(func() { call(result) })
	}
}

func (t *teller) report(report Report) {
	if logger := t.config.Debug; logger != nil {
		logger.Warn("judi: "+report.Kind, "event", report.Event, "event_id", report.EventID, "reason", report.Reason,
			"field", report.Field, "detail", report.Detail, "status", report.Status)
	}
	if call := t.config.OnReport; call != nil {
		t.tell(func() { call(report) })
	}
}

func (t *teller) failure(what string, err error) {
	t.report(Report{Kind: "error", Reason: what, Detail: fmt.Sprint(err)})
}
