package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// The floor is what nobody can do without: the hash and the signature check of
// the standard library over parts that somebody else has cut and decoded. The
// two take turns in one run, because machines and their load differ; what can
// be compared is "of-floor", which should stay above 0.8.

func BenchmarkVerifyRS256(b *testing.B) {
	pub := rsaA.Public().(*rsa.PublicKey)
	againstFloor(b, v2(start), func(sum, sig []byte) bool {
		return rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum, sig) == nil
	})
}

// A token with the most groups Entra puts into one, about 11 KiB.
func BenchmarkVerifyRS256With200Groups(b *testing.B) {
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = tenantA
	}
	pub := rsaA.Public().(*rsa.PublicKey)
	againstFloor(b, v2(start).but(obj{"groups": groups}), func(sum, sig []byte) bool {
		return rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum, sig) == nil
	})
}

func BenchmarkVerifyES256(b *testing.B) {
	pub := p256.Public().(*ecdsa.PublicKey)
	token := v2(start).head(obj{"alg": "ES256", "kid": "e1"}).by(p256)
	againstFloor(b, token, func(sum, sig []byte) bool {
		return ecdsa.Verify(pub, sum, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	})
}

func againstFloor(b *testing.B, t tok, check func(sum, sig []byte) bool) {
	e := entraEntry()
	e.Algorithms = []string{"RS256", "ES256"}
	v, _ := verifier(b, providers(), e)
	token := t.String()
	if code := codeFor(b, v, token); code != "" {
		b.Fatal(code)
	}
	p := strings.Split(token, ".")
	signed := []byte(p[0] + "." + p[1])
	sig, err := decode64(p[2])
	must(b, err)
	x := v.trusted.Load()
	var ours, floor []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		x.tokens.forget()
		begin := time.Now()
		if a, err := v.Verify(b.Context(), token); a == nil {
			b.Fatal(err)
		}
		middle := time.Now()
		sum := sha256.Sum256(signed)
		if !check(sum[:], sig) {
			b.Fatal("the floor does not verify")
		}
		ours = append(ours, middle.Sub(begin))
		floor = append(floor, time.Since(middle))
	}
	b.StopTimer()
	b.ReportMetric(median(floor)/median(ours), "of-floor")
	b.ReportMetric(median(ours), "ours-ns")
	b.ReportMetric(median(floor), "floor-ns")
}

func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds())
}

// forget empties the cache without giving its memory back.
func (t *tokens) forget() {
	for i := range t.shard {
		clear(t.shard[i].young)
		clear(t.shard[i].old)
	}
}

// BenchmarkVerifyKept is what every request after the first with a token costs.
func BenchmarkVerifyKept(b *testing.B) {
	v, _ := verifier(b, providers(), entraEntry())
	token := v2(start).String()
	if code := codeFor(b, v, token); code != "" {
		b.Fatal(code)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, err := v.Verify(b.Context(), token); a == nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRefuse is what a stranger's flood costs: tokens of no trusted
// issuer, and forged ones of a trusted issuer.
func BenchmarkRefuse(b *testing.B) {
	v, _ := verifier(b, providers(), entraEntry())
	for name, token := range map[string]string{"stranger": oidcToken(start).String(), "forged": v2(start).by(rsaB).String(), "garbage": strings.Repeat("x", 4000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if a, _ := v.Verify(b.Context(), token); a != nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
