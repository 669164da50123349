package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"judi.example/events/judi"
)

// failure is what a typed call cannot even say: the word that the compiler, or Go's types, stand for.
type failure string

const (
	outOfRange   failure = "out_of_range"
	invalidValue failure = "invalid_value"
	invalidText  failure = "invalid_text"
)

// parse reads JSON with its numbers as they are written.
func parse(line string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	var read map[string]any
	err := decoder.Decode(&read)
	return read, err
}

// call is what a message is made from.
type call map[string]any

func asCall(value any, fields ...string) call {
	given, ok := value.(map[string]any)
	if !ok {
		panic(invalidValue)
	}
	for name := range given {
		if !contains(fields, name) {
			panic(invalidValue)
		}
	}
	return given
}

func contains(names []string, name string) bool {
	for _, own := range names {
		if own == name {
			return true
		}
	}
	return false
}

func (c call) has(name string) bool {
	_, has := c[name]
	return has
}

func (c call) atMostOne(names ...string) {
	count := 0
	for _, name := range names {
		if c.has(name) {
			count++
		}
	}
	if count > 1 {
		panic(invalidValue)
	}
}

func asList[T any](value any, one func(any) T) []T {
	given, ok := value.([]any)
	if !ok {
		panic(invalidValue)
	}
	list := make([]T, len(given))
	for at, item := range given {
		list[at] = one(item)
	}
	return list
}

func asMap[K comparable, V any](value any, key func(any) K, one func(any) V) map[K]V {
	given, ok := value.([]any)
	if !ok {
		panic(invalidValue)
	}
	entries := make(map[K]V, len(given))
	for _, item := range given {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			panic(invalidValue)
		}
		entries[key(pair[0])] = one(pair[1])
	}
	return entries
}

func asBool(value any) bool {
	given, ok := value.(bool)
	if !ok {
		panic(invalidValue)
	}
	return given
}

// whole reads a whole number that is written as a number or as text.
func whole(value any, least, most *big.Int) *big.Int {
	text, ok := value.(string)
	if number, is := value.(json.Number); is {
		text, ok = number.String(), true
	}
	if !ok {
		panic(invalidValue)
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			// NaN and infinity: numbers, but no whole ones.
			panic(outOfRange)
		}
		panic(invalidValue)
	}
	if !number.IsInt() || number.Num().Cmp(least) < 0 || number.Num().Cmp(most) > 0 {
		panic(outOfRange)
	}
	return number.Num()
}

func asInt32(value any) int32 {
	return int32(whole(value, big.NewInt(math.MinInt32), big.NewInt(math.MaxInt32)).Int64())
}

func asInt64(value any) int64 {
	return whole(value, big.NewInt(math.MinInt64), big.NewInt(math.MaxInt64)).Int64()
}

func asUint32(value any) uint32 {
	return uint32(whole(value, new(big.Int), big.NewInt(math.MaxUint32)).Uint64())
}

func asUint64(value any) uint64 {
	return whole(value, new(big.Int), new(big.Int).SetUint64(math.MaxUint64)).Uint64()
}

func asDouble(value any) float64 {
	text, ok := value.(string)
	if number, is := value.(json.Number); is {
		text, ok = number.String(), true
	}
	if !ok {
		panic(invalidValue)
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil && math.IsInf(number, 0) {
		panic(outOfRange)
	}
	if err != nil {
		panic(invalidValue)
	}
	return number
}

func asFloat(value any) float32 {
	number := asDouble(value)
	if !math.IsInf(number, 0) && math.IsInf(float64(float32(number)), 0) {
		panic(outOfRange)
	}
	return float32(number)
}

// asText reads text, and what JSON cannot carry: bytes that are no UTF-8, and lone surrogates, as the bytes that they
// would be.
func asText(value any) string {
	switch given := value.(type) {
	case string:
		return given
	case map[string]any:
		if text, ok := given["$utf8"].(string); ok {
			bytes, err := hex.DecodeString(text)
			if err != nil {
				panic(invalidValue)
			}
			return string(bytes)
		}
		if units, ok := given["$utf16"].([]any); ok {
			return fromUTF16(units)
		}
	}
	panic(invalidValue)
}

func fromUTF16(units []any) string {
	var text []byte
	high := rune(0)
	surrogate := func(unit rune) {
		text = append(text, 0xe0|byte(unit>>12), 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
	}
	for _, item := range units {
		written, _ := item.(string)
		number, err := strconv.ParseUint(written, 16, 16)
		if err != nil {
			panic(invalidValue)
		}
		unit := rune(number)
		isLow := unit >= 0xdc00 && unit < 0xe000
		switch {
		case high != 0 && isLow:
			text = append(text, string((high-0xd800)<<10+(unit-0xdc00)+0x10000)...)
			high = 0
			continue
		case high != 0:
			surrogate(high)
			high = 0
		}
		switch {
		case unit >= 0xd800 && unit < 0xdc00:
			high = unit
		case isLow:
			surrogate(unit)
		default:
			text = append(text, string(unit)...)
		}
	}
	if high != 0 {
		surrogate(high)
	}
	return string(text)
}

func asBytes(value any) []byte {
	text, ok := value.(string)
	if !ok {
		panic(invalidValue)
	}
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(invalidValue)
	}
	return bytes
}

func asEnum[E ~int32](value any, names map[string]int32) E {
	if name, is := value.(string); is {
		if number, known := names[name]; known {
			return E(number)
		}
		if _, isNumber := new(big.Int).SetString(name, 10); !isNumber {
			panic(invalidValue)
		}
	}
	return E(asInt32(value))
}

func parts(value any) (seconds int64, nanos int32) {
	given := asCall(value, "seconds", "nanos")
	if given.has("seconds") {
		seconds = asInt64(given["seconds"])
	}
	if given.has("nanos") {
		nanos = asInt32(given["nanos"])
	}
	return seconds, nanos
}

// asTime: time.Time has no nanoseconds outside of a second.
func asTime(value any) time.Time {
	seconds, nanos := parts(value)
	if nanos < 0 || nanos >= 1e9 {
		panic(outOfRange)
	}
	return time.Unix(seconds, int64(nanos))
}

func asSpan(value any) judi.Span {
	seconds, nanos := parts(value)
	return judi.Span{Seconds: seconds, Nanos: nanos}
}

// asDuration is of parameters of constructors, to which asSpan's value is given afterwards.
func asDuration(value any) time.Duration {
	return time.Duration(asSpan(value).Seconds)
}

func asStruct(value any) map[string]any {
	given, ok := asValue(value).(map[string]any)
	if !ok {
		panic(invalidValue)
	}
	return given
}

func asListValue(value any) []any {
	given, ok := asValue(value).([]any)
	if !ok {
		panic(invalidValue)
	}
	return given
}

// asValue reads JSON as encoding/json does, and the texts that JSON cannot carry.
func asValue(value any) any {
	switch given := value.(type) {
	case map[string]any:
		if len(given) == 1 && (given["$utf8"] != nil || given["$utf16"] != nil) {
			return asText(given)
		}
		if number, is := given["$number"].(string); is && len(given) == 1 {
			return asDouble(number)
		}
		object := make(map[string]any, len(given))
		for key, item := range given {
			object[key] = asValue(item)
		}
		return object
	case []any:
		return asList(given, asValue)
	case json.Number:
		return asDouble(given)
	}
	return value
}

func asAny(value any) judi.Any {
	given := asCall(value, "type_url", "value")
	var made judi.Any
	if given.has("type_url") {
		made.TypeURL = asText(given["type_url"])
	}
	if given.has("value") {
		made.Value = asBytes(given["value"])
	}
	return made
}
