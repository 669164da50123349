package wire

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"
)

func written(t *testing.T, write func(*Encoder)) string {
	t.Helper()
	var encoder Encoder
	encoder.Reset()
	write(&encoder)
	got, err := encoder.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(got)
}

func failed(write func(*Encoder)) string {
	var encoder Encoder
	encoder.Reset()
	write(&encoder)
	_, err := encoder.Bytes()
	if err == nil {
		return ""
	}
	return err.(*Error).Code + " " + err.(*Error).Field
}

func TestValuesAreWrittenAsProtobufSays(t *testing.T) {
	cases := map[string]struct {
		want  string
		write func(*Encoder)
	}{
		"negative int32": {"ffffffffffffffffff01", func(e *Encoder) { e.Int32(-1) }},
		"zigzag 32":      {"ffffffff0f", func(e *Encoder) { e.Sint32(math.MinInt32) }},
		"zigzag 64":      {"03", func(e *Encoder) { e.Sint64(-2) }},
		"uint64":         {"ffffffffffffffffff01", func(e *Encoder) { e.Uint64(math.MaxUint64) }},
		"fixed32":        {"ffffffff", func(e *Encoder) { e.Sfixed32(-1) }},
		"NaN":            {"0000c07f", func(e *Encoder) { e.Float(math.Float32frombits(0xffc00001)) }},
		"NaN of doubles": {"000000000000f87f", func(e *Encoder) { e.Double(math.Float64frombits(0xfff8000000000001)) }},
		"large tag":      {"f8ffffff0f", func(e *Encoder) { e.Tag(536870911 << 3) }},
		"timestamp":      {"0a0d08ffffffffffffffffff011001", func(e *Encoder) { e.Timestamp(10, "at", time.Unix(-1, 1)) }},
		"duration":       {"0a1608ffffffffffffffffff0110ffffffffffffffffff01", func(e *Encoder) { e.Duration(10, "for", Span{-1, -1}) }},
		"empty struct":   {"0a00", func(e *Encoder) { e.Struct(10, "data", nil) }},
		"null":           {"0a020800", func(e *Encoder) { e.Value(10, "data", nil) }},
		"keys in order":  {"0a120a070a0161120220010a070a01621202" + "2000", func(e *Encoder) { e.Struct(10, "data", map[string]any{"b": false, "a": true}) }},
	}
	for name, test := range cases {
		if got := written(t, test.write); got != test.want {
			t.Errorf("%s: %s is wanted, was %s", name, test.want, got)
		}
	}
}

func TestLengthsAreWrittenBeforeWhatWasWrittenFirst(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 128, 16_381, 16_382, 16_384, 2_097_152} {
		text := strings.Repeat("x", size)
		var encoder Encoder
		encoder.Reset()
		mark, _ := encoder.Begin(10, "message")
		encoder.Tag(18)
		encoder.Text("text", text)
		encoder.End(mark)
		got, _ := encoder.Bytes()
		inner := append(AppendVarint([]byte{18}, uint64(size)), text...)
		want := append(AppendVarint([]byte{10}, uint64(len(inner))), inner...)
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes differ", size)
		}
	}
}

func TestWhatCannotBeWrittenIsToldWithItsPlace(t *testing.T) {
	inside := func(write func(*Encoder)) func(*Encoder) {
		return func(e *Encoder) {
			if mark, ok := e.Begin(10, "place"); ok {
				write(e)
				e.End(mark)
			}
		}
	}
	cases := map[string]func(*Encoder){
		"invalid_text place.name":      inside(func(e *Encoder) { e.Text("name", "\xed\xa0\x80") }),
		"missing_required place.name":  inside(func(e *Encoder) { e.Missing("name") }),
		"out_of_range at":              func(e *Encoder) { e.Timestamp(10, "at", time.Unix(timestampMax+1, 0)) },
		"out_of_range for":             func(e *Encoder) { e.Duration(10, "for", Span{durationMax, 1}) },
		"invalid_value data.a.1":       func(e *Encoder) { e.Struct(10, "data", map[string]any{"a": []any{1, math.NaN()}}) },
		"invalid_value data":           func(e *Encoder) { e.Value(10, "data", struct{}{}) },
		"invalid_text data":            func(e *Encoder) { e.Struct(10, "data", map[string]any{"\xff": 1}) },
		"out_of_range place.place.for": inside(inside(func(e *Encoder) { e.Duration(10, "for", Span{1, -1}) })),
	}
	for want, write := range cases {
		if got := failed(write); got != want {
			t.Errorf("%s is wanted, was %s", want, got)
		}
	}
}

func TestMessagesLieAHundredDeepAtMost(t *testing.T) {
	var nest func(e *Encoder, levels int)
	nest = func(e *Encoder, levels int) {
		if mark, ok := e.Begin(10, ""); levels > 0 && ok {
			nest(e, levels-1)
			e.End(mark)
		} else if ok {
			e.End(mark)
		}
	}
	if got := failed(func(e *Encoder) { nest(e, DepthMax-2) }); got != "" {
		t.Error(got)
	}
	if got := failed(func(e *Encoder) { nest(e, DepthMax-1) }); got != "too_deep " {
		t.Errorf("too_deep is wanted, was %q", got)
	}
}

func FuzzVarint(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, value uint64) {
		if got := AppendVarint(nil, value); len(got) != SizeOf(value) {
			t.Errorf("%d: %d bytes, and not %d", value, len(got), SizeOf(value))
		}
	})
}
