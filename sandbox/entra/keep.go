package entra

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// What is kept is one JSON file, written whole or not at all after each change,
// and the signing keys in another.
const (
	stateFile = "entra.json"
	keysFile  = "entra-keys.json"
)

type kept struct {
	Version int // of this file's form: 1
	Seal    []byte
	Tables  keptTables
	Faults  []Fault
}

// keptTables adds what Graph's shapes leave out.
type keptTables struct {
	tables
	Users  []keptUser
	Groups []keptGroup
	Apps   []keptApp
}

type keptUser struct {
	User              *user
	Password, Manager string
	Admin             bool
	Seq               int64
}

type keptGroup struct {
	Group   *group
	Members []string
	Seq     int64
}

type keptApp struct {
	App       *application
	Federated []federatedCredential
}

func keep(t *tables) keptTables {
	k := keptTables{tables: *t}
	for _, u := range t.Users {
		k.Users = append(k.Users, keptUser{u, u.Password, u.Manager, u.Admin, u.Seq})
	}
	for _, g := range t.Groups {
		k.Groups = append(k.Groups, keptGroup{g, g.Members, g.Seq})
	}
	for _, a := range t.Apps {
		k.Apps = append(k.Apps, keptApp{a, a.Federated})
	}
	return k
}

func (k keptTables) restore() tables {
	t := k.tables
	t.Users, t.Groups, t.Apps = nil, nil, nil
	for _, u := range k.Users {
		u.User.Password, u.User.Manager, u.User.Admin, u.User.Seq = u.Password, u.Manager, u.Admin, u.Seq
		t.Users = append(t.Users, u.User)
	}
	for _, g := range k.Groups {
		g.Group.Members, g.Group.Seq = g.Members, g.Seq
		t.Groups = append(t.Groups, g.Group)
	}
	for _, a := range k.Apps {
		a.App.Federated = a.Federated
		t.Apps = append(t.Apps, a.App)
	}
	return t
}

// load takes up what an earlier start kept, or begins anew.
func (s *Server) load(dir string, keepIt bool) error {
	k := kept{Version: 1, Seal: make([]byte, 32)}
	rand.Read(k.Seal)
	fresh := true
	if keepIt {
		err := readFile(filepath.Join(dir, stateFile), &k)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		fresh = err != nil
	}
	if k.Version != 1 || len(k.Seal) != 32 {
		return fmt.Errorf("%s is not of a form this version reads", filepath.Join(dir, stateFile))
	}
	s.dir = &directory{t: k.Tables.restore()}
	if fresh {
		s.dir.t = seed(s.base, s.now())
	}
	s.dir.t.partners = seedPartners(s.now())
	s.nameGraph()
	s.sealer = newSealer(k.Seal)
	s.faults.on = k.Faults
	keys, err := openKeys(dir, keepIt, s.log, s.now)
	if err != nil {
		return err
	}
	s.keys = keys
	if !keepIt {
		return nil
	}
	s.dir.save = func(t *tables) error {
		return writeFile(filepath.Join(dir, stateFile), kept{Version: 1, Seal: k.Seal, Tables: keep(t), Faults: s.faults.list()})
	}
	return s.dir.change(func(*tables) error { return nil })
}

// nameGraph lets this server's own address stand for Graph, wherever it
// listens today.
func (s *Server) nameGraph() {
	if g := s.dir.t.spByAppID(graphAppID); g != nil {
		n := *g
		n.ServicePrincipalNames = []string{graphAppID, "https://graph.microsoft.com", s.base}
		s.dir.t.putSP(&n)
	}
}

func readFile(name string, into any) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxStateBytes+1))
	if err != nil {
		return err
	}
	if len(text) > maxStateBytes {
		return fmt.Errorf("%s is larger than %d bytes", name, maxStateBytes)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func writeFile(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// sealer makes what clients carry for us unreadable and unforgeable: refresh
// tokens need no memory of ours and survive a restart.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the length is checked by load
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return sealer{aead}
}

func (s sealer) seal(kind string, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, []byte(kind)))
}

func (s sealer) open(kind, sealed string, into any) bool {
	if len(sealed) > maxFormBytes {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return false
	}
	text, err := s.aead.Open(nil, nil, raw, []byte(kind))
	return err == nil && json.Unmarshal(text, into) == nil
}
