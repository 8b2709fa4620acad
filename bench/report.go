package bench

import (
	"cmp"
	"runtime"
	"slices"
	"time"
)

// Report is what was measured. Its JSON is what Compare reads.
type Report struct {
	At      time.Time `json:"at"`
	Version string    `json:"version"` // of signoff
	Machine Machine   `json:"machine"`
	Stores  []string  `json:"stores"`
	Each    string    `json:"each"`
	Rounds  int       `json:"rounds"`
	Cases   []Case    `json:"cases"`
	Goals   []Goal    `json:"goals"`
}

// Machine is where.
type Machine struct {
	CPUs      int    `json:"cpus"`
	Processor string `json:"processor,omitempty"`
	MemoryMiB int    `json:"memoryMiB,omitempty"`
	System    string `json:"system"`
	Go        string `json:"go"`
}

// Case is one thing measured, beside what it is held against.
type Case struct {
	ID      string  `json:"id"` // "sqlite W2 64"; the same in every run
	Store   string  `json:"store"`
	Part    string  `json:"part"`
	What    string  `json:"what"`
	Size    int     `json:"size"` // clients, tasks or instances
	Kind    Kind    `json:"kind"`
	Signoff Figure  `json:"signoff"`
	Floor   Figure  `json:"floor"`
	Against string  `json:"against"` // what Floor is: "floor", "in process", "one node"
	Ratio   float64 `json:"ratio"`   // 1: as good as what it is held against; below: worse
}

// Kind says which figure of a case counts.
type Kind string

const (
	Rate   Kind = "rate"   // cycles a second
	Delay  Kind = "delay"  // p50 and p99 of one question
	Memory Kind = "memory" // bytes
	Wait   Kind = "wait"   // until something is so
)

// Figure is what one subject did, over all rounds.
type Figure struct {
	PerSecond Spread           `json:"perSecond,omitzero"` // whole cycles
	Times     map[string]Times `json:"times,omitempty"`    // of a cycle, a start, a decision, a page
	Bytes     Spread           `json:"bytes,omitzero"`
	CPU       Spread           `json:"cpu,omitzero"`     // nanoseconds of processor time a cycle, clients and a database on this machine included
	Foreign   Spread           `json:"foreign,omitzero"` // share of the machine that others used meanwhile
	Count     int              `json:"count"`            // cycles or questions, all rounds
}

// Times are delays in nanoseconds.
type Times struct {
	P50 Spread `json:"p50"`
	P99 Spread `json:"p99"`
}

// Spread is what the rounds gave.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return Spread{v[0], v[len(v)/2], v[len(v)-1]}
}

// what is the key in Times of the case's own delay.
const (
	whole    = "cycle"
	starting = "start"
	deciding = "decide"
	page     = "page"
	ready    = "ready"
)

// value is the figure of a case that counts.
func (f Figure) value(k Kind) Spread {
	switch k {
	case Rate:
		return f.PerSecond
	case Memory:
		return f.Bytes
	case Wait:
		return f.Times[ready].P50
	}
	return f.Times[page].P50
}

// rated works the ratio out.
func (c Case) rated() Case {
	ours, floor := c.Signoff.value(c.Kind).Median, c.Floor.value(c.Kind).Median
	if c.Kind != Rate {
		ours, floor = floor, ours
	}
	if floor > 0 {
		c.Ratio = ours / floor
	}
	return c
}

// sample is one round.
type sample struct {
	perSecond, bytes, cpu, foreign float64
	times                          map[string][2]float64 // p50, p99
	count                          int
}

func figureOf(rounds []sample) Figure {
	var f Figure
	of := func(get func(sample) float64) Spread {
		var all []float64
		for _, s := range rounds {
			all = append(all, get(s))
		}
		return spread(all)
	}
	f.PerSecond = of(func(s sample) float64 { return s.perSecond })
	f.Bytes = of(func(s sample) float64 { return s.bytes })
	f.CPU = of(func(s sample) float64 { return s.cpu })
	f.Foreign = of(func(s sample) float64 { return s.foreign })
	for _, s := range rounds {
		f.Count += s.count
	}
	for name := range rounds[0].times {
		if f.Times == nil {
			f.Times = map[string]Times{}
		}
		f.Times[name] = Times{of(func(s sample) float64 { return s.times[name][0] }), of(func(s sample) float64 { return s.times[name][1] })}
	}
	return f
}

// percentiles sorts took.
func percentiles(took []time.Duration) [2]float64 {
	if len(took) == 0 {
		return [2]float64{}
	}
	slices.SortFunc(took, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	return [2]float64{float64(took[len(took)/2]), float64(took[len(took)*99/100])}
}

func newReport(o Options) Report {
	m := machine()
	m.CPUs, m.Go = runtime.GOMAXPROCS(0), runtime.Version()
	return Report{At: time.Now().UTC().Truncate(time.Second), Version: o.Version, Machine: m, Each: o.Each.String(), Rounds: o.Rounds}
}
