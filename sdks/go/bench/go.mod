module judi.example/bench

go 1.22

require (
	github.com/segmentio/analytics-go/v3 v3.3.0
	judi.example/newsroom/events v1.0.0
)
