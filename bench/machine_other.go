//go:build !linux

package bench

import (
	"runtime"
	"time"
)

// What is known of the machine elsewhere than on Linux; reports leave the rest out.

func machine() Machine { return Machine{System: runtime.GOOS + "/" + runtime.GOARCH} }

func busyTime() time.Duration         { return 0 }
func treeTime(int) time.Duration      { return 0 }
func residentBytes(int) (int64, bool) { return 0, false }
func parentOf(int) int                { return 0 }
