package wire

import "strings"

// The words of [Error], the same in all of Judi's languages.
const (
	MissingRequired = "missing_required"
	OutOfRange      = "out_of_range"
	InvalidText     = "invalid_text"
	InvalidValue    = "invalid_value"
	TooDeep         = "too_deep"
)

// Error is why an event cannot be written: nothing of it is queued or sent.
type Error struct {
	// Code is one of missing_required, out_of_range, invalid_text, invalid_value and too_deep.
	Code string
	// Field is where it is wrong: article_id, or place.name in a message.
	Field string
	// Detail says what is wrong, for people.
	Detail string
}

// Error says all of it.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("judi: ")
	text.WriteString(e.Code)
	if e.Field != "" {
		text.WriteString(": ")
		text.WriteString(e.Field)
	}
	if e.Detail != "" {
		text.WriteString(": ")
		text.WriteString(e.Detail)
	}
	return text.String()
}
