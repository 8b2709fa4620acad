package runner

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// fault is something that goes wrong, or is left to chance.
type fault int

const (
	commitFails fault = iota
	commitAnswerLost
	commitLate
	crashBeforeHandOut
	readFails
	writeFails
	writeAnswerLost
	storeSlow
	nodeKilled
	nodeRestarted
	nodeAsleep
	hintLost
	requestTwice
	peopleUnknown
	handlerFails
	handlerFinal
	handlerPanics
	handlerSlow
	handlerBeyondLease
	crashBeforeDoing
	crashAfterDoing
	doneButFailed
	finishFails
	finishTwice
	clocksDiffer
	connectionLacking
	connectionRevoked
	resourceDeleted
	wordLost
	wordTwice
	crashParked
	faults // how many there are

	// Not faults: how long things take and what people do.
	takes
	lots
	counts
)

var faultNames = [faults]string{"commit fails", "commit stored, answer lost", "commit stored after its connection broke", "crash before hand-out", "read fails", "write fails", "write stored, answer lost",
	"store slow", "node killed", "node restarted", "node asleep", "hint lost", "request sent twice", "directory fails", "handler fails", "handler fails for good",
	"handler panics", "handler slow", "handler beyond its lease", "crash before doing", "crash after doing", "done but reported as failed",
	"pending, then failed", "finished twice", "clocks differ", "connection lacking", "connection revoked",
	"resource deleted", "word of a connection lost", "word of a connection said twice", "crash after parking"}

// usual is how often each fault strikes where it can, in a seed that has it.
var usual = [faults]float64{commitFails: .08, commitAnswerLost: .08, commitLate: .04, crashBeforeHandOut: .03, readFails: .02, writeFails: .05, writeAnswerLost: .05,
	storeSlow: .02, nodeKilled: .3, nodeRestarted: .2, nodeAsleep: .3, hintLost: .3, requestTwice: .2, peopleUnknown: .05, handlerFails: .15, handlerFinal: .04,
	handlerPanics: .03, handlerSlow: .1, handlerBeyondLease: .03, crashBeforeDoing: .03, crashAfterDoing: .04, doneButFailed: .08,
	finishFails: .2, finishTwice: .2, clocksDiffer: 1,
	connectionLacking: .6, connectionRevoked: .5, resourceDeleted: .15, wordLost: .4, wordTwice: .3, crashParked: .1}

// weather decides what goes wrong. All chance comes from the seed, from what it
// is about, and from how often that has come up; never from the order in which
// goroutines happen to run. So a seed tells the same story every time.
type weather struct {
	seed  uint64
	began time.Time

	mu    sync.Mutex
	rates [faults]float64
	times map[rolled]uint64
	fine  bool // nothing goes wrong any more
	hits  [faults]int
	story *strings.Builder // what happened, for people; nil: nobody wants to know
}

type rolled struct {
	what  fault
	about string
}

func newWeather(seed uint64) *weather {
	w := &weather{seed: seed, times: map[rolled]uint64{}, began: time.Now()}
	for f := range faults {
		if w.roll(f, "at all")%5 > 1 { // each seed has its own faults, to meet them alone too
			w.rates[f] = usual[f]
		}
	}
	return w
}

// roll is a number by chance. The caller holds mu, or is alone.
func (w *weather) roll(what fault, about string) uint64 {
	key := rolled{what, about}
	n := w.times[key]
	w.times[key] = n + 1
	h := mix(w.seed) ^ uint64(what+1)
	for i := range len(about) {
		h = (h ^ uint64(about[i])) * 0x100000001b3
	}
	return mix(mix(h) + n)
}

func mix(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// strikes tells whether a fault happens now.
func (w *weather) strikes(f fault, about string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fine || w.rates[f] == 0 || float64(w.roll(f, about)>>11)/(1<<53) >= w.rates[f] {
		return false
	}
	w.hits[f]++
	w.tellf("!! %s: %s", faultNames[f], about)
	return true
}

// pick is one of n by chance.
func (w *weather) pick(about string, n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.roll(lots, about) % uint64(n))
}

// count tells how often it has been asked about this.
func (w *weather) count(about string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times[rolled{counts, about}]++
	return w.times[rolled{counts, about}]
}

// while is a time between two by chance, to the nanosecond: hardly ever do two
// things happen at the same moment.
func (w *weather) while(about string, from, to time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return from + time.Duration(w.roll(takes, about)%uint64(to-from))
}

func (w *weather) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fine = true
	w.tellf("-- the weather is fine from now on")
}

func (w *weather) isFine() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.fine }

func (w *weather) tell(format string, args ...any) {
	if w.story == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tellf(format, args...)
}

func (w *weather) tellf(format string, args ...any) {
	if w.story != nil {
		fmt.Fprintf(w.story, "%15.9f  %s\n", time.Since(w.began).Seconds(), fmt.Sprintf(format, args...))
	}
}
