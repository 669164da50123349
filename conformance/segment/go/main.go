// github.com/segmentio/analytics-go/v3: one batch, sent again until it is taken.
package main

import (
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

// delivered counts what the library says became of each call.
type delivered struct {
	waiting sync.WaitGroup
	mutex   sync.Mutex
	failed  []error
}

func (d *delivered) Success(analytics.Message) { d.waiting.Done() }

func (d *delivered) Failure(_ analytics.Message, err error) {
	d.mutex.Lock()
	d.failed = append(d.failed, err)
	d.mutex.Unlock()
	d.waiting.Done()
}

func main() {
	calls := &delivered{}
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{
		Endpoint:  os.Args[1],
		Interval:  200 * time.Millisecond,
		BatchSize: 20,
		Callback:  calls,
		// By default seconds.
		RetryAfter: func(attempt int) time.Duration { return 200 * time.Millisecond },
	})
	if err != nil {
		fail(err)
	}
	when := time.Date(2026, 11, 23, 8, 0, 1, 500_000_000, time.UTC)
	context := &analytics.Context{
		App:    analytics.AppInfo{Name: "news", Version: "7.1"},
		Locale: "sv-SE",
		IP:     net.IPv4(10, 1, 2, 3),
		Page: analytics.PageInfo{
			URL: "https://www.example.se/elk?x=1", Path: "/elk", Referrer: "https://r.example/",
		},
		Campaign: analytics.CampaignInfo{
			Name: "höst", Source: "mail", Medium: "letter", Term: "elk", Content: "top",
		},
	}
	article := analytics.Properties{
		"id": "/articles/elk", "words": "1200", "premium": "true", "authors": []string{"Anna", "Bo"},
		"seconds": 12.3456, "readAt": "2026-11-23T08:00:00+01:00", "score": 4.5, "tone": "Dark Red",
		"somethingNew": map[string]any{"deep": []any{1, "två", nil}},
	}
	id := func(name string) string { return "segment-go-" + name }
	messages := []analytics.Message{
		analytics.Track{
			MessageId: id("track"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context,
			Event: "Article Read", Properties: article,
		},
		analytics.Page{
			MessageId: id("page"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context,
			Name: "Home", Properties: analytics.Properties{"category": "inrikes", "url": "https://www.example.se/"},
		},
		analytics.Screen{
			MessageId: id("screen"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context, Name: "Start",
		},
		analytics.Identify{
			MessageId: id("identify"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context,
			Traits: analytics.Traits{"plan": "pro", "age": "41"},
		},
		analytics.Group{
			MessageId: id("group"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context,
			GroupId: "g1", Traits: analytics.Traits{"employees": 12},
		},
		analytics.Alias{
			MessageId: id("alias"), UserId: "u1", PreviousId: "old", Timestamp: when, Context: context,
		},
		analytics.Track{
			MessageId: id("unknown"), AnonymousId: "a1", UserId: "u1", Timestamp: when, Context: context,
			Event: "Never Heard Of", Properties: analytics.Properties{"a": 1},
		},
	}
	calls.waiting.Add(len(messages))
	for _, message := range messages {
		if err := client.Enqueue(message); err != nil {
			fail(err)
		}
	}
	// Closing gives up what has yet to be sent again.
	calls.waiting.Wait()
	if err := client.Close(); err != nil {
		fail(err)
	}
	if len(calls.failed) > 0 {
		fail(calls.failed[0])
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
