package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of times in /proc.
const tick = time.Second / 100

func machine() Machine {
	m := Machine{System: "linux"}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.System += " " + strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.Processor = fieldOf(string(text), "model name")
	}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		m.MemoryMiB = int(uint64(info.Totalram) * uint64(info.Unit) >> 20)
	}
	return m
}

// fieldOf is the value in the first line "name : value".
func fieldOf(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// busyTime is how long the processors have not been idle, all together: also
// for others, and what the host took from this virtual machine.
func busyTime() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var sum int64
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseInt(f, 10, 64)
		if err == nil && i != 4 && i != 5 && i <= 8 { // not idle, not waiting for the disk; guests are in user time
			sum += n
		}
	}
	return time.Duration(sum) * tick
}

// treeTime is how much of the processors a process and its children have used.
func treeTime(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	var sum int64
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// The name in parentheses may hold anything.
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		own := strings.HasPrefix(name, "/proc/"+strconv.Itoa(pid)+"/")
		if len(f) < 15 || !own && f[1] != strconv.Itoa(pid) {
			continue
		}
		times := f[11:13] // utime, stime
		if own {
			times = f[11:15] // and those of children that have ended
		}
		for _, t := range times {
			n, _ := strconv.ParseInt(t, 10, 64)
			sum += n
		}
	}
	return time.Duration(sum) * tick
}

// residentBytes is how much memory a process has in use (RSS).
func residentBytes(pid int) (int64, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, false
	}
	kib, err := strconv.ParseInt(strings.TrimSuffix(fieldOf(string(text), "VmRSS"), " kB"), 10, 64)
	return kib << 10, err == nil
}

// parentOf returns the process that started another one, 0 when it is not known.
func parentOf(pid int) int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(fieldOf(string(text), "PPid"))
	return n
}
