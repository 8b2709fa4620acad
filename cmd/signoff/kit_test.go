//go:build unix

package main

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/signoffhq/signoff/seal"
)

// The files in deploy are tried here as far as a machine without containers
// can: their settings exist, they agree with each other and with the program,
// and the programs they are for take them. That the balancer refuses nobody is
// in balancer_test.go.

const kit = "../../deploy/"

func kitFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(kit + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type composeFile struct {
	Services map[string]composeService
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

type composeService struct {
	Image       string
	Hostname    string
	Build       struct{ Context, Dockerfile string }
	EnvFile     string `yaml:"env_file"`
	Environment map[string]string
	Secrets     []string
	Networks    []string
	DependsOn   []string `yaml:"depends_on"`
	Volumes     []string
	Tmpfs       []string
	ReadOnly    bool   `yaml:"read_only"`
	Grace       string `yaml:"stop_grace_period"`
	StopSignal  string `yaml:"stop_signal"`
	Restart     string
	Ports       []string
	CapDrop     []string `yaml:"cap_drop"`
	Security    []string `yaml:"security_opt"`
	ShmSize     string   `yaml:"shm_size"`
}

func compose(t *testing.T) composeFile {
	t.Helper()
	dec := yamlv3.NewDecoder(strings.NewReader(kitFile(t, "compose.yaml")))
	dec.KnownFields(true)
	var all struct {
		Name        string
		Node        composeService `yaml:"x-node"`
		composeFile `yaml:",inline"`
	}
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all.composeFile
}

func (c composeFile) nodes() []string {
	var names []string
	for name, s := range c.Services {
		if s.Build.Dockerfile != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// environ is what a node of the compose file finds in its environment, with the
// secrets where they are.
func (c composeFile) environ(t *testing.T, s composeService, secrets string) []string {
	t.Helper()
	var env []string
	for line := range strings.Lines(kitFile(t, "env.example")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			env = append(env, line)
		}
	}
	for name, v := range s.Environment {
		if file, ok := strings.CutPrefix(v, "/run/secrets/"); ok {
			if !slices.Contains(s.Secrets, file) {
				t.Errorf("%s names the secret %s, which it is not given", name, file)
			}
			v = filepath.Join(secrets, file)
		}
		env = append(env, name+"="+v)
	}
	return env
}

// makeSecrets runs secrets.sh in a folder of its own.
func makeSecrets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.sh"), []byte(kitFile(t, "secrets.sh")), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is there stays
		if out, err := exec.Command("/bin/sh", filepath.Join(dir, "secrets.sh")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return filepath.Join(dir, "secrets")
}

func TestTheServersOfTheComposeFileGetAConfigurationTheyTake(t *testing.T) {
	c, secrets := compose(t), makeSecrets(t)
	if len(c.nodes()) != 3 {
		t.Fatalf("the servers are %v", c.nodes())
	}
	for _, name := range c.nodes() {
		env := c.environ(t, c.Services[name], secrets)
		cfg, err := loadConfig("", env, nil)
		if err != nil {
			t.Fatal(err)
		}
		password, err := os.ReadFile(filepath.Join(secrets, "database_password"))
		if err != nil || cfg.Store.Reveal() != "postgres://signoff:"+string(password)+"@database/signoff" || len(password) != 48 {
			t.Errorf("the database is at %q", cfg.Store.Reveal())
		}
		key, problem := secretIn(seal.KeyVariable, env)
		if _, err := seal.ReadKey("", key); err != nil || problem != "" {
			t.Errorf("the key: %v %s", err, problem)
		}
		if len(cfg.Admin.Password.Reveal()) < 12 {
			t.Error("the administrator's password is short")
		}
		if cfg.Proxies != c.Networks["front"].IPAM.Config[0].Subnet {
			t.Errorf("proxies is %s and the network %v", cfg.Proxies, c.Networks["front"])
		}
		outlasts(t, "compose.yaml", c.Services[name].Grace, cfg.Drain)
		noticedWithin(t, cfg.Drain)
	}
}

// outlasts holds how long a server is given to stop against how long it takes.
func outlasts(t *testing.T, where, given string, drain time.Duration) {
	t.Helper()
	if d, err := time.ParseDuration(given); err != nil || d < drain+stopWithin+15*time.Second {
		t.Errorf("%s gives a server %s to stop, which takes %v and some more", where, given, drain+stopWithin)
	}
}

// noticedWithin holds a server's drain against the balancer's checks.
func noticedWithin(t *testing.T, drain time.Duration) {
	t.Helper()
	m := regexp.MustCompile(`check inter (\w+) fall (\d+)`).FindStringSubmatch(kitFile(t, "haproxy.cfg"))
	if m == nil {
		t.Fatal("haproxy.cfg has no checks")
	}
	inter, err := time.ParseDuration(m[1])
	fall, _ := strconv.Atoi(m[2])
	if need := inter * time.Duration(fall+1); err != nil || drain <= need {
		t.Errorf("a server drains for %v, and the balancer needs up to %v to notice", drain, need)
	}
}

func TestTheComposeFileNamesNothingThatIsNotThere(t *testing.T) {
	c, secrets := compose(t), makeSecrets(t)
	for name, s := range c.Services {
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s: no network %s", name, n)
			}
		}
		for _, n := range s.Secrets {
			if _, ok := c.Secrets[n]; !ok {
				t.Errorf("%s: no secret %s", name, n)
			}
		}
		for _, n := range s.DependsOn {
			if _, ok := c.Services[n]; !ok {
				t.Errorf("%s: no service %s", name, n)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[from]; !ok {
				kitFile(t, from)
			}
		}
		if s.Build.Dockerfile != "" {
			kitFile(t, path.Join(s.Build.Context, s.Build.Dockerfile))
		}
	}
	for name, s := range c.Secrets {
		if info, err := os.Stat(filepath.Join(secrets, path.Base(s.File))); err != nil || info.Mode().Perm() != 0o444 {
			t.Errorf("secret %s: secrets.sh does not make it readable for the servers: %v", name, err)
		}
	}
	if info, err := os.Stat(secrets); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others can look into the folder: %v %v", info.Mode(), err)
	}
	for _, n := range c.nodes() {
		if !strings.Contains(kitFile(t, "haproxy.cfg"), "\tserver "+n+" "+n+":8080\n") {
			t.Errorf("the balancer does not know %s", n)
		}
	}
}

func TestTheBalancersConfigurationIsValid(t *testing.T) {
	out, err := exec.Command(needs(t, "haproxy", "haproxy"), "-c", "-f", kit+"haproxy.cfg").CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "[WARNING]") && !strings.Contains(line, "could not resolve address") {
			t.Error(line)
		}
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// needs is the path of a program that a test cannot do without.
func needs(t *testing.T, program, debian string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} {
		if found, err := exec.LookPath(dir + program); err == nil {
			return found
		}
	}
	t.Skipf("needs %s (apt-get install %s)", program, debian)
	return ""
}

func TestTheExampleConfigurationIsGood(t *testing.T) {
	cfg, err := loadConfig(kit+"signoff.yaml", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range checkMail(cfg.Mail) {
		t.Errorf("%s: %s", p.Field, p.Detail)
	}
	if _, err := parseNetworks("proxies", cfg.Proxies); err != nil {
		t.Error(err)
	}
	noticedWithin(t, cfg.Drain)
	unit := kitFile(t, "signoff.service")
	m := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(unit)
	if m == nil || !strings.Contains(unit, "Environment=SIGNOFF_DATA="+cfg.Data+"\n") {
		t.Fatalf("the unit knows another folder, or no time to stop")
	}
	outlasts(t, "signoff.service", m[1]+"s", cfg.Drain)
}

func TestSystemdTakesTheUnit(t *testing.T) {
	verify := needs(t, "systemd-analyze", "systemd")
	text := strings.Replace(kitFile(t, "signoff.service"), "/usr/local/bin/signoff", os.Args[0], 1)
	unit := filepath.Join(t.TempDir(), "signoff.service")
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(verify, "verify", "--man=no", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), unit) || strings.Contains(string(out), "signoff.service") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The container file builds with the versions this source is for, and its last
// stage has the settings that the program knows.
func TestTheContainerFileFitsTheSource(t *testing.T) {
	text := kitFile(t, "Containerfile")
	mod := kitFile(t, "../go.mod")
	m := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(mod)
	if m == nil || !strings.Contains(text, "/golang:"+m[1]+"-") {
		t.Errorf("it is not built with Go %v", m)
	}
	for _, c := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(text, -1) {
		for name := range strings.FieldsSeq(c[1]) {
			if _, err := os.Stat(kit + "../" + name); err != nil {
				t.Error(err)
			}
		}
	}
	_, last, _ := strings.Cut(text, "\nFROM scratch\n")
	user := regexp.MustCompile(`(?m)^USER (\d+):\d+$`).FindStringSubmatch(last)
	if user == nil || user[1] == "0" || !strings.Contains(last, "--chown="+user[1]+":"+user[1]+" /own/ /\n") {
		t.Errorf("it runs as %v", user)
	}
	env := regexp.MustCompile(`(?m)^ENV (.*)$`).FindStringSubmatch(last)
	cfg, err := loadConfig("", strings.Fields(env[1]), nil)
	if err != nil || !strings.Contains(last, "\nVOLUME "+cfg.Data+"\n") || !strings.HasSuffix(cfg.Listen, ":8080") {
		t.Errorf("%+v %v", cfg, err)
	}
	for _, line := range regexp.MustCompile(`(?m)^(?:HEALTHCHECK .* CMD|CMD) \[(.*)\]$`).FindAllStringSubmatch(last, -1) {
		words := strings.Fields(strings.NewReplacer(`"`, "", ",", "", "/usr/bin/signoff", "").Replace(line[1]))
		if err := understands(words, true); err != nil {
			t.Errorf("%s: %v", line[0], err)
		}
	}
}
