package identity

import (
	"testing"
	"time"
)

func TestACacheKeepsTheLastUsedForItsTime(t *testing.T) {
	c := newClock()
	k := newCache[string, int](2, time.Minute, c.now)
	put := func(key string, v int) {
		_, era, _ := k.get(key)
		k.put(key, v, era)
	}
	put("a", 1)
	put("b", 2)
	k.get("a")
	put("c", 3)
	if _, _, ok := k.get("b"); ok || k.len() != 2 {
		t.Error("the one longest unused is still there")
	}
	if v, _, ok := k.get("a"); !ok || v != 1 {
		t.Error("one in use is gone")
	}
	c.advance(30 * time.Second)
	put("a", 4)
	c.advance(30 * time.Second)
	if v, _, ok := k.get("a"); !ok || v != 4 {
		t.Error("a value put again is gone too early")
	}
	if _, _, ok := k.get("c"); ok {
		t.Error("a value outlived its time")
	}
	c.advance(30 * time.Second)
	if _, _, ok := k.get("a"); ok || k.len() != 0 || len(k.byKey) != 0 {
		t.Error("a value outlived its time")
	}
}

func TestWhatWasReadBeforeAChangeIsNotKeptAfterIt(t *testing.T) {
	for name, change := range map[string]func(*cache[string, int]){
		"clear":  func(k *cache[string, int]) { k.clear() },
		"drop":   func(k *cache[string, int]) { k.drop(func(string, int) bool { return false }) },
		"forget": func(k *cache[string, int]) { k.forget("other") },
	} {
		k := newCache[string, int](2, time.Minute, newClock().now)
		_, era, _ := k.get("a")
		change(k)
		k.put("a", 1, era)
		if _, _, ok := k.get("a"); ok {
			t.Errorf("%s: a value from before is kept", name)
		}
	}
}

func TestDropForgetsWhatItIsToldTo(t *testing.T) {
	k := newCache[string, int](5, time.Minute, newClock().now)
	for i, key := range []string{"a", "b", "c", "d"} {
		_, era, _ := k.get(key)
		k.put(key, i, era)
	}
	k.drop(func(_ string, v int) bool { return v%2 == 0 })
	k.forget("d")
	k.forget("x")
	if _, _, ok := k.get("b"); !ok || k.len() != 1 {
		t.Errorf("%d left", k.len())
	}
}
