package oauth

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
)

func TestATokenFileOfTheMachinesOwnIsNotSentAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for claims, ok := range map[string]bool{
		`{"iss":"https://oidc.cluster.test","sub":"x","aud":["api://AzureADTokenExchange"]}`: true,
		`{"iss":"https://token.actions.test","aud":"https://login.test/token"}`:              true,
		// The default tokens of EKS, GKE, k3s and AKS, and those of old clusters.
		`{"iss":"https://oidc.eks.test/id/1","aud":["https://kubernetes.default.svc"]}`:                                       false,
		`{"iss":"https://container.test/v1/p","aud":["https://container.test/v1/p"]}`:                                         false,
		`{"iss":"https://kubernetes.default.svc.cluster.local","aud":["https://kubernetes.default.svc.cluster.local","k3s"]}`: false,
		`{"iss":"https://oidc.aks.test/1/","aud":["https://oidc.aks.test/1/","https://x.hcp.aks.test","\"x.hcp.aks.test\""]}`: false,
		`{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:default:default"}`:                                   false,
		`{"iss":"https://oidc.cluster.test","aud":[]}`:                                                                        false,
		`{"iss":"https://oidc.cluster.test","aud":""}`:                                                                        false,
		`{"iss":"https://oidc.cluster.test","aud":["api://AzureADTokenExchange","https://kubernetes.default.svc"]}`:           false,
	} {
		b := base64.RawURLEncoding.EncodeToString
		if err := os.WriteFile(path, []byte(b([]byte(`{"alg":"RS256"}`))+"."+b([]byte(claims))+"."+b([]byte("signature"))), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := federated(path); (err == nil) != ok || (text != "") != ok {
			t.Errorf("%s: %v", claims, err)
		}
	}
	if _, err := federated(t.TempDir()); err == nil {
		t.Error("a directory is a token file")
	}
}
