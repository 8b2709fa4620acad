//go:build !race

package expr

const raced = false
