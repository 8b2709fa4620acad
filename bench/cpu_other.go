//go:build !unix

package bench

import "time"

// cpuTime is not known here; reports leave it out.
func cpuTime() time.Duration { return 0 }
