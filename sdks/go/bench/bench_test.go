// Package bench measures what a call costs on the caller's goroutine, beside Segment's library in the same run.
//
//	go mod edit -replace judi.example/newsroom/events=GENERATED && go mod tidy && go test -bench . -cpu 1
//
// Both send to a server that takes everything. Judi's encodes, numbers, queues, and keeps each event on the disk.
package bench

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/segmentio/analytics-go/v3"

	"judi.example/newsroom/events"
	"judi.example/newsroom/events/judi"
)

// callsMax is how many calls are measured at once: within the queue of both.
const callsMax = 5_000

func server(b *testing.B) string {
	taken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(body)
		}
		bytes, _ := io.ReadAll(body)
		var results []map[string]string
		if r.Header.Get("Content-Type") == "application/x-protobuf" {
			for _, event := range fields(bytes, 3) {
				results = append(results, map[string]string{"event_id": string(fields(event, 1)[0]), "status": "ok"})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "results": results})
	}))
	b.Cleanup(taken.Close)
	return taken.URL
}

// fields are the values of a field of a message that has text, messages and varints only.
func fields(message []byte, number uint64) (values [][]byte) {
	for len(message) > 0 {
		tag, size := binary.Uvarint(message)
		value, more := binary.Uvarint(message[size:])
		message = message[size+more:]
		if tag&7 == 2 {
			if tag>>3 == number {
				values = append(values, message[:value])
			}
			message = message[value:]
		}
	}
	return values
}

// ofThread is the time that the processor has spent on this thread: what others do on a busy machine is not in it.
func ofThread() time.Duration {
	const clockThreadCPUTime = 3
	var moment syscall.Timespec
	_, _, _ = syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPUTime, uintptr(unsafe.Pointer(&moment)), 0)
	return time.Duration(moment.Nano())
}

// measured runs calls in rounds that fit the queues; settle empties them, and is not measured. Beside the mean, which
// has in it whatever else the machine does, it reports the processor's time on the caller's thread, the median and the
// 99th percentile.
func measured(b *testing.B, call func(), settle func()) {
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var spent, since time.Duration
	b.ResetTimer()
	for count := 0; count < b.N; count++ {
		if count%callsMax == 0 {
			b.StopTimer()
			if count > 0 {
				spent += ofThread() - since
			}
			settle()
			since = ofThread()
			b.StartTimer()
		}
		start := time.Now()
		call()
		took = append(took, time.Since(start))
	}
	b.StopTimer()
	spent += ofThread() - since
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "thread-ns/op")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

func BenchmarkJudiTrack(b *testing.B) {
	endpoint := server(b)
	var client *judi.Client
	settle := func() {
		if client != nil {
			_ = client.Close(context.Background())
		}
		made, err := judi.New(judi.Config{
			Endpoint: endpoint, Key: "dev", Dir: b.TempDir(), Consent: judi.Granted, CloseTimeout: time.Millisecond,
		})
		if err != nil {
			b.Fatal(err)
		}
		client = made
	}
	ctx := context.Background()
	measured(b, func() {
		event := events.NewArticleView("/articles/elk").Section("inrikes").Title("En älg").Tags("djur", "skog").WordCount(312)
		if _, err := client.Track(ctx, event); err != nil {
			b.Fatal(err)
		}
	}, settle)
	_ = client.Close(ctx)
}

func BenchmarkSegmentEnqueue(b *testing.B) {
	endpoint := server(b)
	var client analytics.Client
	settle := func() {
		if client != nil {
			_ = client.Close()
		}
		made, err := analytics.NewWithConfig("dev", analytics.Config{Endpoint: endpoint})
		if err != nil {
			b.Fatal(err)
		}
		client = made
	}
	measured(b, func() {
		properties := analytics.NewProperties().Set("article_id", "/articles/elk").Set("section", "inrikes").
			Set("title", "En älg").Set("tags", []string{"djur", "skog"}).Set("word_count", 312)
		if err := client.Enqueue(analytics.Track{AnonymousId: "a", Event: "article_view", Properties: properties}); err != nil {
			b.Fatal(err)
		}
	}, settle)
	_ = client.Close()
}
