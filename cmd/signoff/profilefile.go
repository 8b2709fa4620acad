package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
)

// profilesVariable names the file of profiles where the usual place is not right.
const profilesVariable = "SIGNOFF_PROFILES"

// profileVariable names one of them.
const profileVariable = "SIGNOFF_PROFILE"

const maxProfilesBytes = 1 << 20

// profiles is what `signoff login` keeps: one entry a server and name. It holds
// tokens, so that nobody but its owner may read it.
type profiles struct {
	Current string             `json:"current,omitempty"`
	All     map[string]profile `json:"profiles"`

	path string
}

// profile is one server and what proves who calls it.
type profile struct {
	Server  string       `json:"server"`
	Login   string       `json:"login,omitempty"`   // for people
	Token   string       `json:"token,omitempty"`   // a personal access token, or another
	TokenID int64        `json:"tokenId,omitempty"` // one that login made, and logout ends
	OAuth   *oauthTokens `json:"oauth,omitempty"`
}

// oauthTokens are an issuer's, and how to get the next ones.
type oauthTokens struct {
	Issuer   string    `json:"issuer"`
	ClientID string    `json:"clientId"`
	TokenURL string    `json:"tokenUrl"`
	Scopes   []string  `json:"scopes,omitempty"`
	CA       string    `json:"ca,omitempty"` // file of a further certificate authority
	Access   string    `json:"access"`
	Refresh  string    `json:"refresh,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
}

func profilesPath() (string, error) {
	if path := os.Getenv(profilesVariable); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: "no-profiles", Detail: "it is not known where your settings are kept", Hint: "name a file in " + profilesVariable, Err: err}
	}
	return filepath.Join(dir, "signoff", "profiles.json"), nil
}

// readProfiles reads the file; without one there are none. It refuses a file
// that others can read: what is in it may be known.
func readProfiles() (*profiles, error) {
	path, err := profilesPath()
	if err != nil {
		return nil, err
	}
	p := &profiles{All: map[string]profile{}, path: path}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if perm := info.Mode().Perm(); runtime.GOOS != "windows" && perm&0o077 != 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "profiles-open", Detail: fmt.Sprintf("others can read %s (mode %04o), and it holds tokens", path, perm),
			Hint: "make it private with chmod 600, sign in again, and think about who may have read it"}
	}
	if info.Size() > maxProfilesBytes {
		return nil, fmt.Errorf("%s is larger than a file of profiles ever is", path)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-profiles", Detail: "the profiles in " + path + " cannot be read", Hint: "remove the file and sign in again with signoff login", Err: err}
	}
	if p.All == nil {
		p.All = map[string]profile{}
	}
	return p, nil
}

// save writes the file, whole or not at all, for its owner only.
func (p *profiles) save() error {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(p.path), ".profiles-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), p.path)
}

// forServer finds the profile for a server, by name if one is given. A profile
// is used for its own server only: its token is nobody else's business.
func (p *profiles) forServer(server, name string) (string, profile, bool) {
	if name != "" {
		one, ok := p.All[name]
		return name, one, ok && (server == "" || sameServer(one.Server, server))
	}
	if one, ok := p.All[p.Current]; ok && (server == "" || sameServer(one.Server, server)) {
		return p.Current, one, true
	}
	if server != "" {
		for name, one := range p.All {
			if sameServer(one.Server, server) {
				return name, one, true
			}
		}
	}
	return "", profile{}, false
}

// profileFlag lets a command that talks to a server say as whom.
func profileFlag(c *cobra.Command, name *string) {
	c.Flags().StringVar(name, "profile", os.Getenv(profileVariable), "use the server and sign-in that signoff login kept under this name ("+profileVariable+")")
}

// chosen finds the profile that a command is to use. A server counts where it
// was said; one of the environment does not beside a profile of the command line.
func (p *profiles) chosen(cmd *cobra.Command, server, name string) (string, profile, error) {
	given := cmd.Flags().Changed
	wanted := ""
	if given("server") || os.Getenv("SIGNOFF_SERVER") != "" && !given("profile") {
		wanted = server
	}
	name, one, found := p.forServer(wanted, name)
	if found {
		return name, one, nil
	}
	no := &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "nobody is signed in",
		Hint: "sign in with signoff login, say who you are with --user or SIGNOFF_USER, or set SIGNOFF_TOKEN"}
	kept := slices.Sorted(maps.Keys(p.All))
	switch one, there := p.All[name]; {
	case there:
		no.Detail = fmt.Sprintf("the profile %s is for %s and not for %s", name, one.Server, wanted)
		no.Hint = "leave out --server, or name another profile: " + strings.Join(kept, ", ")
	case name != "":
		no.Detail = "there is no profile called " + name
		no.Hint = "signoff login --profile " + name + " makes it"
		if len(kept) > 0 {
			no.Hint += "; those there are: " + strings.Join(kept, ", ")
		}
	}
	return "", profile{}, no
}

func sameServer(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}
