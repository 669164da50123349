module judi.example/events

go 1.22
