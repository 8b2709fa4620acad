package ldaptest

import (
	"net"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// Tags of LDAP operations (RFC 4511 section 4).
const (
	BindAnswer = 1
	Search     = 3
	Entry      = 4
	Done       = 5
	Reference  = 19
)

// Hostile runs a server that does to every connection what handle says, until
// the test ends. It returns its address.
func Hostile(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.Map
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			running.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return ln.Addr().String()
}

// Request is one request of a client.
type Request struct {
	ID   int64
	Op   *ber.Packet
	conn net.Conn
}

// Requests calls each for every request on a connection until one returns false
// or the client leaves. A sign-in is answered with success.
func Requests(c net.Conn, each func(Request) bool) {
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, _ := p.Children[0].Value.(int64)
		r := Request{id, p.Children[1], c}
		if r.Op.Tag == 0 {
			r.Result(BindAnswer, 0)
			continue
		}
		if !each(r) {
			return
		}
	}
}

// Base is where a search begins.
func (r Request) Base() string {
	if r.Op.Tag != Search || len(r.Op.Children) == 0 {
		return ""
	}
	text, _ := r.Op.Children[0].Value.(string)
	return text
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func (r Request) send(op *ber.Packet, controls ...*ber.Packet) bool {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, r.ID, ""))
	p.AppendChild(op)
	if len(controls) > 0 {
		all := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, c := range controls {
			all.AppendChild(c)
		}
		p.AppendChild(all)
	}
	_, err := r.conn.Write(p.Bytes())
	return err == nil
}

func application(tag ber.Tag) *ber.Packet {
	return ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
}

// Result ends an operation with a result code.
func (r Request) Result(tag ber.Tag, code int64, controls ...*ber.Packet) bool {
	op := application(tag)
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(text(""))
	op.AppendChild(text(""))
	return r.send(op, controls...)
}

// Entry sends one entry: attributes are name, value, name, value; the same name
// again adds a value.
func (r Request) Entry(dn string, pairs ...string) bool {
	op := application(Entry)
	op.AppendChild(text(dn))
	attrs := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for i := 0; i+1 < len(pairs); i += 2 {
		one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		one.AppendChild(text(pairs[i]))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		set.AppendChild(text(pairs[i+1]))
		one.AppendChild(set)
		attrs.AppendChild(one)
	}
	op.AppendChild(attrs)
	return r.send(op)
}

// Reference says that the rest is at another server.
func (r Request) Reference(url string) bool {
	op := application(Reference)
	op.AppendChild(text(url))
	return r.send(op)
}

// Page is the control that says where the next page begins.
func Page(cookie string) *ber.Packet {
	value := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(0), ""))
	value.AppendChild(text(cookie))
	c := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	c.AppendChild(text("1.2.840.113556.1.4.319"))
	c.AppendChild(text(string(value.Bytes())))
	return c
}
