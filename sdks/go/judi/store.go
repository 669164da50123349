package judi

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// optOutFile is in the folder that all processes share.
const optOutFile = "opt-out"

// state is what is kept of who and when, beside the queue.
type state struct {
	AnonymousID string  `json:"anonymous_id,omitempty"`
	UserID      string  `json:"user_id,omitempty"`
	Session     session `json:"session"`
	// Sequence is the number of the last event.
	Sequence uint64 `json:"sequence"`
}

// session is a visit. The times are milliseconds since 1970.
type session struct {
	ID      string `json:"id,omitempty"`
	Started int64  `json:"started,omitempty"`
	Last    int64  `json:"last,omitempty"`
	Utm     string `json:"utm,omitempty"`
}

// goesOn tells whether an event of this time and campaign belongs to the session.
func (s *session) goesOn(now time.Time, utm string, config *Config) bool {
	if s.ID == "" || (utm != "" && utm != s.Utm) {
		return false
	}
	idle, age := now.UnixMilli()-s.Last, now.UnixMilli()-s.Started
	return idle < config.SessionIdle.Milliseconds() && age < config.SessionMax.Milliseconds()
}

func (j *journal) statePath() string {
	return filepath.Join(j.folder, "state.json")
}

// readState reads what the process before kept; a state that cannot be read is none.
func (j *journal) readState() state {
	var kept state
	bytes, err := os.ReadFile(j.statePath())
	if err != nil || json.Unmarshal(bytes, &kept) != nil {
		return state{}
	}
	return kept
}

// writeState replaces the state as a whole.
func (j *journal) writeState(kept state) error {
	bytes, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	fresh := j.statePath() + ".new"
	if err := os.WriteFile(fresh, bytes, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, j.statePath())
}

// isOptedOut tells whether the person opted out on this device.
func isOptedOut(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, optOutFile))
	return err == nil
}

// rememberOptOut keeps that the person opted out, or no longer does.
func rememberOptOut(dir string, isOut bool) error {
	path := filepath.Join(dir, optOutFile)
	if !isOut {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte("This person has opted out.\n"), 0o600)
}

// wipeOthers removes what processes that are no more have left, but for folder, which is this process's own.
func wipeOthers(dir, folder string) error {
	var failed error
	eachLeft(dir, folder, func(left *journal) bool {
		failed = errors.Join(failed, left.wipe())
		return true
	})
	return failed
}

// eachLeft takes the folders, one after another, that no living process has, until visit answers false.
func eachLeft(dir, folder string, visit func(*journal) bool) {
	for number := range foldersMax {
		place := filepath.Join(dir, strconv.Itoa(number))
		if place == folder {
			continue
		}
		if _, err := os.Stat(place); err != nil {
			continue
		}
		left, err := takeFolder(place, false)
		if err != nil || left == nil {
			continue
		}
		goesOn := visit(left)
		left.shut()
		if !goesOn {
			return
		}
	}
}
