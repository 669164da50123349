package judi

import "fmt"

// Consent is what a person has said about being measured.
type Consent string

// What a person can have said.
const (
	// Pending: nothing yet. Events are held in memory with their times; nothing is stored, no id is made, nothing
	// leaves.
	Pending Consent = ""
	// Granted: what was held is sent, and what comes.
	Granted Consent = "granted"
	// Denied: what was held is dropped; stored events, ids and session are removed; calls are dropped.
	Denied Consent = "denied"
)

// SetConsent tells what the person has said.
func (c *Client) SetConsent(consent Consent) error {
	switch consent {
	case Pending, Granted, Denied:
	case "pending":
		consent = Pending
	default:
		return fmt.Errorf("judi: consent is %q, and not one of pending, granted, denied", string(consent))
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.isClosed {
		return ErrClosed
	}
	c.consent = consent
	c.applyConsent()
	return nil
}

// OptOut is the person's own No: as Denied, remembered on the device, and stronger than Granted.
func (c *Client) OptOut() error {
	return c.setOptOut(true)
}

// OptIn takes OptOut back. It is no consent.
func (c *Client) OptIn() error {
	return c.setOptOut(false)
}

func (c *Client) setOptOut(isOut bool) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.isClosed {
		return ErrClosed
	}
	c.isOptedOut = isOut
	c.applyConsent()
	if c.config.InMemory {
		return nil
	}
	return rememberOptOut(c.config.Dir, isOut)
}

// applyConsent does what consent and opt-out ask for.
func (c *Client) applyConsent() {
	switch {
	case c.isDenied():
		c.dropAll()
		c.removeKept()
	case c.maySend():
		c.openJournal()
		c.releaseHeld()
		wake(c.wakeWriter)
	}
	c.sender.wake()
}

// releaseHeld gives what was held its ids and numbers, in the order of the calls.
func (c *Client) releaseHeld() {
	held := c.held
	c.held = nil
	for _, item := range held {
		item.waits = c.clock.now()
		if !c.number(item) {
			c.count--
			c.bytes -= len(item.payload)
			continue
		}
		c.incoming = append(c.incoming, item)
	}
}

// dropAll drops what is held, waits or is being sent.
func (c *Client) dropAll() {
	c.generation++
	for _, items := range [][]*entry{c.held, c.ready, c.incoming} {
		for _, item := range items {
			c.tell.report(Report{Kind: "no_consent", EventID: item.id, Event: item.name})
		}
	}
	c.held, c.ready, c.incoming, c.count, c.bytes = nil, nil, nil, 0, 0
	c.sender.cut()
	c.settleFlushes()
}

// removeKept removes what is kept on the device, of this process and of those that are no more.
func (c *Client) removeKept() {
	c.state, c.current, c.isStateNew, c.isStateOld = state{}, nil, false, false
	if c.config.InMemory {
		return
	}
	folder := ""
	if c.journal != nil {
		folder = c.journal.folder
		if err := c.journal.wipe(); err != nil {
			c.tell.failure("storage", err)
		}
	}
	if err := wipeOthers(c.config.Dir, folder); err != nil {
		c.tell.failure("storage", err)
	}
}

// SetUser says who the person is, until SetUser("") or Reset.
func (c *Client) SetUser(id string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.isAnonymous() || c.isDenied() || c.state.UserID == id {
		return
	}
	c.state.UserID = id
	c.current, c.isStateNew = nil, true
	if c.maySend() {
		wake(c.wakeWriter)
	}
}

// Reset forgets the person: a new anonymous id, no user, a new session. The numbers go on.
func (c *Client) Reset() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.state = state{Sequence: c.state.Sequence}
	c.current, c.isStateNew, c.wasReset = nil, true, true
	if c.maySend() {
		wake(c.wakeWriter)
	}
}
