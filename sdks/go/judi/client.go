package judi

import (
	"context"
	"errors"
	"sync"
	"time"

	"judi.example/events/internal/wire"
)

// Tracker is what an app needs of a client; juditest has another one.
type Tracker interface {
	Track(ctx context.Context, event Event) (eventID string, err error)
}

// Client sends events. It is safe for concurrent use; an app needs one.
type Client struct {
	config Config
	clock  clocks
	base   Context
	tell   *teller
	sender *sender

	wakeWriter chan struct{}
	stopped    chan struct{}
	working    sync.WaitGroup
	closing    sync.Once
	closed     chan struct{}

	mutex      sync.Mutex
	consent    Consent
	isOptedOut bool
	isClosed   bool
	// generation counts how often everything was dropped.
	generation uint64
	ids        idMaker
	state      state
	// isStateNew: the state is to be written before the next event is.
	isStateNew bool
	// isStateOld: the session's last event is later than the state says.
	isStateOld bool
	// wasReset: what the process before has left of a person is not to be taken up.
	wasReset bool
	// isOver: no request may begin any more.
	isOver bool
	// current is the context of events without one of their own.
	current  *Context
	tracked  uint64
	held     []*entry
	incoming []*entry
	ready    []*entry
	count    int
	bytes    int
	journal  *journal
	flushes  map[*flush]struct{}
}

var encoders = sync.Pool{New: func() any { return new(wire.Encoder) }}

// New makes a client and starts what it does in the background. With consent it takes its folder and sends what the
// process before has left. Close it before the process ends.
func New(config Config) (*Client, error) {
	return newClient(config, clocks{now: time.Now, monotonic: monotonic})
}

func newClient(config Config, clock clocks) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Client{
		config: config, clock: clock, consent: config.Consent,
		wakeWriter: make(chan struct{}, 1), stopped: make(chan struct{}), closed: make(chan struct{}),
		flushes: map[*flush]struct{}{},
	}
	c.base = surroundings(&c.config)
	c.tell = newTeller(&c.config)
	c.sender = newSender(c)
	c.isOptedOut = !config.InMemory && isOptedOut(config.Dir)
	go c.tell.run()
	c.mutex.Lock()
	switch {
	case c.isDenied():
		c.removeKept()
	case c.consent == Granted:
		c.openJournal()
	}
	c.mutex.Unlock()
	c.working.Add(2)
	go c.write()
	go c.sender.run()
	return c, nil
}

// Track checks, encodes and queues an event, and returns without waiting for disk or network. What is wrong with the
// event is an [*Error]; ErrQueueFull, ErrNoConsent and ErrClosed say that it was not taken. The id is empty where the
// event has none yet, because consent is pending, and where middleware dropped it.
//
// Of ctx only what [WithContext] gave it is used: a request that is over does not take its events with it.
func (c *Client) Track(ctx context.Context, event Event) (eventID string, err error) {
	encoder := encoders.Get().(*wire.Encoder)
	defer encoders.Put(encoder)
	encoder.Reset()
	if event == nil {
		return "", &Error{Code: wire.InvalidValue, Detail: "a nil event"}
	}
	event.JudiEvent(encoder)
	payload, err := encoder.Bytes()
	if err != nil {
		return "", err
	}
	item := &entry{
		name: encoder.Name, schema: encoder.SchemaVersion, occurred: c.clock.now(),
		payload: append(make([]byte, 0, len(payload)), payload...), hasMonotonic: true,
	}
	item.monotonic, _ = c.clock.monotonic()
	item.waits = item.occurred
	if ctx != nil {
		item.given, _ = ctx.Value(contextKey{}).(*Context)
	}
	return c.take(item, event)
}

// take gives an event its place in the queue.
func (c *Client) take(item *entry, event Event) (string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case c.isClosed:
		return "", ErrClosed
	case c.isDenied():
		c.tell.report(Report{Kind: "no_consent", Event: item.name})
		return "", ErrNoConsent
	case c.count >= c.config.MaxQueueEvents || c.bytes+len(item.payload) > c.config.MaxQueueBytes:
		c.tell.report(Report{Kind: "queue_full", Event: item.name})
		return "", ErrQueueFull
	}
	item.event = event
	c.tracked++
	item.ordinal = c.tracked
	if c.consent == Pending {
		c.count++
		c.bytes += len(item.payload)
		c.held = append(c.held, item)
		return "", nil
	}
	if !c.number(item) {
		return "", nil
	}
	c.count++
	c.bytes += len(item.payload)
	c.incoming = append(c.incoming, item)
	wake(c.wakeWriter)
	return item.id, nil
}

// number gives an event its context, its id and its number; false: middleware dropped it.
func (c *Client) number(item *entry) bool {
	item.context = c.contextOf(item)
	if len(c.config.Middleware) > 0 {
		call := Call{Name: item.name, Event: item.event, Context: *item.context}
		for _, middleware := range c.config.Middleware {
			if !middleware(&call) {
				return false
			}
		}
		if call.Context != *item.context {
			if c.isAnonymous() {
				call.Context.AnonymousID, call.Context.UserID, call.Context.SessionID = "", "", ""
			}
			item.context = &call.Context
		}
	}
	item.id = c.ids.make(item.occurred)
	if !c.isAnonymous() && !item.given.isSomebody() {
		c.state.Sequence++
		item.sequence, item.hasSequence = c.state.Sequence, true
	}
	item.event, item.given = nil, nil
	return true
}

// contextOf is the context of an event: the client's own, and over it what the call gave.
func (c *Client) contextOf(item *entry) *Context {
	if !item.given.isSomebody() && !c.isAnonymous() {
		c.touch(item)
	}
	if c.current == nil {
		current := c.base
		current.Consent = string(Granted)
		if !c.isAnonymous() {
			current.AnonymousID, current.UserID = c.state.AnonymousID, c.state.UserID
			current.SessionID = c.state.Session.ID
		}
		c.current = &current
	}
	if item.given == nil {
		return c.current
	}
	own := *c.current
	if item.given.isSomebody() || c.isAnonymous() {
		own.AnonymousID, own.UserID, own.SessionID = "", "", ""
	}
	own.over(item.given)
	if c.isAnonymous() {
		own.AnonymousID, own.UserID, own.SessionID = "", "", ""
	}
	own.Consent, own.SDK, own.SDKVersion = c.current.Consent, sdkName, sdkVersion
	own.switchedOff(c.config.Collect)
	return &own
}

// isSomebody tells whether a call names a person of its own.
func (c *Context) isSomebody() bool {
	return c != nil && (c.AnonymousID != "" || c.UserID != "" || c.SessionID != "")
}

// touch sees to it that there is an anonymous id and a session that goes on.
func (c *Client) touch(item *entry) {
	if c.state.AnonymousID == "" {
		c.state.AnonymousID = c.ids.make(item.occurred)
		c.current, c.isStateNew = nil, true
	}
	utm := ""
	if item.given != nil {
		utm = item.given.utm()
	}
	session := &c.state.Session
	ms := item.occurred.UnixMilli()
	if !session.goesOn(item.occurred, utm, &c.config) {
		session.ID, session.Started, session.Utm = c.ids.make(item.occurred), ms, utm
		c.current, c.isStateNew = nil, true
		c.sender.newSession()
	}
	session.Last = ms
	c.isStateOld = true
}

func (c *Client) isAnonymous() bool { return c.config.Identifiers == "none" }

func (c *Client) isDenied() bool { return c.consent == Denied || c.isOptedOut }

func (c *Client) maySend() bool { return c.consent == Granted && !c.isOptedOut }

// keeps tells whether anything is to be kept on the device.
func (c *Client) keeps() bool { return !c.config.InMemory && !c.isAnonymous() }

// openJournal takes a folder and what waits in it. Where none can be had the queue is in memory.
func (c *Client) openJournal() {
	if !c.keeps() || c.journal != nil {
		return
	}
	journal, err := openJournal(c.config.Dir)
	if err != nil {
		c.tell.failure("storage", err)
		return
	}
	found, last, err := journal.recover()
	if err != nil {
		c.tell.failure("storage", err)
	}
	kept := journal.readState()
	for _, item := range found {
		item.waits = c.clock.now()
		c.bytes += len(item.payload)
	}
	c.count += len(found)
	c.ready = append(found, c.ready...)
	c.journal = journal
	sequence := max(kept.Sequence, last, c.state.Sequence)
	if c.wasReset {
		kept, c.isStateNew = state{}, true
	}
	if user := c.state.UserID; user != "" {
		kept.UserID, c.isStateNew = user, true
	}
	kept.Sequence = sequence
	c.state, c.current = kept, nil
}

// write is the goroutine that keeps what comes, and then lets it be sent.
func (c *Client) write() {
	defer c.working.Done()
	adopt := time.NewTicker(time.Minute)
	defer adopt.Stop()
	c.adopt()
	for {
		select {
		case <-c.wakeWriter:
			c.keep()
		case <-adopt.C:
			c.adopt()
			c.keepState(false)
		case <-c.stopped:
			c.keep()
			c.keepState(true)
			return
		}
	}
}

// keep writes what came since it was called last.
func (c *Client) keep() {
	c.mutex.Lock()
	entries, journal, generation := c.incoming, c.journal, c.generation
	c.incoming = nil
	isStateNew := c.isStateNew
	wiped := uint64(0)
	if journal != nil {
		wiped = journal.wiped
	}
	c.mutex.Unlock()
	if journal != nil && isStateNew {
		c.keepState(true)
	}
	var persisted []string
	if journal != nil && len(entries) > 0 {
		kept, err := journal.write(entries, wiped)
		for _, item := range entries[:kept] {
			persisted = append(persisted, item.id)
		}
		if err != nil && !errors.Is(err, errWiped) {
			c.tell.failure("storage", err)
		}
	}
	if len(entries) == 0 {
		return
	}
	c.mutex.Lock()
	if generation != c.generation {
		c.mutex.Unlock()
		for _, item := range entries {
			c.tell.report(Report{Kind: "no_consent", EventID: item.id, Event: item.name})
		}
		return
	}
	c.ready = append(c.ready, entries...)
	c.mutex.Unlock()
	c.tell.persisted(persisted)
	c.sender.wake()
}

// keepState writes the state where it is new, or in any case where it is older than it should be.
func (c *Client) keepState(isDue bool) {
	c.mutex.Lock()
	journal, kept := c.journal, c.state
	isWritten := journal != nil && (isDue || c.isStateNew || c.isStateOld)
	c.isStateNew, c.isStateOld = false, false
	c.mutex.Unlock()
	if !isWritten || kept.isEmpty() {
		return
	}
	if err := journal.writeState(kept); err != nil {
		c.tell.failure("storage", err)
	}
}

func (s *state) isEmpty() bool { return *s == state{} }

// adopt takes over what processes that are no more have left in folders of their own.
func (c *Client) adopt() {
	c.mutex.Lock()
	own, generation := c.journal, c.generation
	hasRoom := c.count*2 <= c.config.MaxQueueEvents && c.bytes*2 <= c.config.MaxQueueBytes
	wiped := uint64(0)
	if own != nil {
		wiped = own.wiped
	}
	isWanted := own != nil && hasRoom && c.maySend()
	c.mutex.Unlock()
	if isWanted {
		eachLeft(c.config.Dir, own.folder, func(left *journal) bool {
			return c.adoptFrom(left, own, wiped, generation)
		})
	}
}

// adoptFrom moves the events of a folder into this process's queue; false: that was enough for now.
func (c *Client) adoptFrom(left, own *journal, wiped, generation uint64) bool {
	found, last, err := left.recover()
	if err != nil {
		c.tell.failure("storage", err)
		return true
	}
	if len(found) == 0 {
		return true
	}
	// Their numbers go on where they ended, for the next process that takes the folder.
	kept := left.readState()
	kept.Sequence = max(kept.Sequence, last)
	old := make([]*entry, len(found))
	for at, item := range found {
		copied := *item
		old[at] = &copied
		item.segment, item.waits = 0, c.clock.now()
	}
	if count, err := own.write(found, wiped); err != nil || count < len(found) {
		return false
	}
	err = left.done(old, func() error { return left.writeState(kept) })
	if err != nil {
		c.tell.failure("storage", err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if generation != c.generation {
		return false
	}
	for _, item := range found {
		c.count++
		c.bytes += len(item.payload)
	}
	c.ready = append(c.ready, found...)
	c.sender.wake()
	return false
}

// wake wakes who waits for the channel, once.
func wake(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}
