// The driver of the conformance kit for Go. It lies beside build.go, which sdkgen makes of a schema; both become one
// program:
//
//	driver vectors      a line {"id","event","call"} in, a line {"id","bytes"} or {"id","error"} out
//	driver behaviour    a line {"do": …} in, lines of what happens out
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
)

// lineBytes is as long as a line may be.
const lineBytes = 64 << 20

func main() {
	modes := map[string]func(string){"vectors": vector, "behaviour": new(behaviour).line}
	mode, ok := modes[strings.Join(os.Args[1:], " ")]
	if !ok {
		fmt.Fprintln(os.Stderr, "driver vectors|behaviour")
		os.Exit(2)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineBytes)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) != "" {
			mode(lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var printing sync.Mutex

// say prints a line at once: what was printed before the process dies has happened.
func say(line map[string]any) {
	bytes, err := json.Marshal(line)
	if err != nil {
		bytes, _ = json.Marshal(map[string]any{"error": err.Error()})
	}
	printing.Lock()
	defer printing.Unlock()
	_, _ = os.Stdout.Write(append(bytes, '\n'))
}
