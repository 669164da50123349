package judi

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// idMaker makes UUIDv7 that ascend, whatever the clock does. Not safe for concurrent use.
type idMaker struct {
	last   int64
	count  uint16
	random [1024]byte
	left   int
}

// make gives an id of this time as text.
func (m *idMaker) make(now time.Time) string {
	var id [16]byte
	copy(id[8:], m.draw())
	switch ms := now.UnixMilli(); {
	case ms > m.last:
		// The count begins in its lower half, so that it does not run over within a millisecond.
		m.last, m.count = ms, binary.BigEndian.Uint16(m.draw())&0x7ff
	case m.count < 0xfff:
		m.count++
	default:
		m.last, m.count = m.last+1, 0
	}
	binary.BigEndian.PutUint64(id[:8], uint64(m.last)<<16|0x7000|uint64(m.count))
	id[8] = id[8]&0x3f | 0x80
	return idText(id)
}

// draw gives eight random bytes.
func (m *idMaker) draw() []byte {
	if m.left < 8 {
		// Since Go 1.24 it cannot fail; before, a system without randomness gives ids that are less random.
		_, _ = rand.Read(m.random[:])
		m.left = len(m.random)
	}
	m.left -= 8
	return m.random[m.left : m.left+8]
}

func idText(id [16]byte) string {
	var text [36]byte
	hex.Encode(text[:], id[:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
