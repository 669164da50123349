package judi

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// flush is somebody who waits until the events up to an ordinal have left the queue.
type flush struct {
	upTo uint64
	done chan struct{}
}

// Flush sends what waits, and returns when it has left the queue or ctx is over. Where the server asked to wait, that
// is waited for. What may not be sent is not waited for.
func (c *Client) Flush(ctx context.Context) error {
	c.mutex.Lock()
	own := &flush{upTo: c.tracked, done: make(chan struct{})}
	c.flushes[own] = struct{}{}
	c.settleFlushes()
	c.mutex.Unlock()
	wake(c.wakeWriter)
	c.sender.wake()
	select {
	case <-own.done:
		return nil
	case <-c.closed:
		return ErrClosed
	case <-ctx.Done():
		c.mutex.Lock()
		delete(c.flushes, own)
		c.mutex.Unlock()
		return ctx.Err()
	}
}

// settleFlushes lets those go whose events have left the queue; under the mutex.
func (c *Client) settleFlushes() {
	if len(c.flushes) == 0 {
		return
	}
	// What is in the writer's hands is in neither list.
	waits := c.count - len(c.held)
	listed := len(c.ready) + len(c.incoming)
	least := uint64(0)
	if waits == listed {
		least = ^uint64(0)
		for _, items := range [][]*entry{c.ready, c.incoming} {
			for _, item := range items {
				least = min(least, item.ordinal)
			}
		}
	}
	for own := range c.flushes {
		if own.upTo < least || !c.maySend() {
			delete(c.flushes, own)
			close(own.done)
		}
	}
}

// Close sends what waits, for at most CloseTimeout or until ctx is over, and ends the client. What is left stays on
// the device for the next process; where nothing is kept there it is dropped, and reported. It may be called more than
// once, but not from a callback.
func (c *Client) Close(ctx context.Context) error {
	c.closing.Do(func() {
		c.mutex.Lock()
		c.isClosed = true
		c.mutex.Unlock()
		c.sender.hurries.Store(true)
		ctx, cancel := context.WithTimeout(ctx, c.config.CloseTimeout)
		_ = c.Flush(ctx)
		cancel()
		close(c.stopped)
		c.mutex.Lock()
		c.isOver = true
		c.sender.cut()
		c.mutex.Unlock()
		c.working.Wait()
		c.end()
		close(c.closed)
	})
	<-c.closed
	return nil
}

// end reports what is lost, and lets the folder go.
func (c *Client) end() {
	c.mutex.Lock()
	journal := c.journal
	lost := append(append(c.held, c.ready...), c.incoming...)
	c.mutex.Unlock()
	for _, item := range lost {
		if item.segment == 0 {
			c.tell.report(Report{Kind: "error", EventID: item.id, Event: item.name, Reason: "closed", Detail: "not sent when the client was closed, and not kept"})
		}
	}
	if journal != nil {
		journal.shut()
	}
	c.sender.http.CloseIdleConnections()
	c.tell.end()
}

// CloseOnSignal closes the client when the process is asked to end (SIGTERM, SIGINT), and then lets the signal do what
// it does without it. Programs that handle signals themselves call Close instead. The function that is given back
// takes it back.
func (c *Client) CloseOnSignal() (stop func()) {
	signals := make(chan os.Signal, 1)
	stopped := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case got := <-signals:
			_ = c.Close(context.Background())
			signal.Stop(signals)
			signal.Reset(got)
			if own, err := os.FindProcess(os.Getpid()); err != nil || own.Signal(got) != nil {
				os.Exit(1)
			}
		case <-stopped:
			signal.Stop(signals)
		}
	}()
	return sync.OnceFunc(func() { close(stopped) })
}
