// @azure/msal-node gets tokens by code, refresh, secret, certificate, device
// code and on behalf of.
import { ConfidentialClientApplication, PublicClientApplication, CryptoProvider } from "@azure/msal-node";
import { app, claims, done, env, must, origin, Person } from "./common.mjs";

const authority = `${origin}/${env.tenant}`;
const knownAuthorities = [new URL(origin).host];
const web = app("Contoso Web Client");
const api = app("Contoso Workflow API");
const old = app("Contoso Old API");
const daemon = app("Contoso Daemon");
const native = app("Contoso Console");
const scope = `${api.identifierUri}/user_impersonation`;
const redirectUri = web.redirectUris[0];
const result = {};

const client = new ConfidentialClientApplication({ auth: { clientId: web.clientId, clientSecret: web.secret, authority, knownAuthorities } });

// code with PKCE, then silently from the cache, then by refresh
const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
const url = await client.getAuthCodeUrl({ scopes: [scope], redirectUri, codeChallenge: challenge, codeChallengeMethod: "S256", state: "abc" });
const back = await new Person().signIn(url, "jane@contoso.test");
must(back.searchParams.get("state") === "abc", `state ${back}`);
const byCode = await client.acquireTokenByCode({ code: back.searchParams.get("code"), scopes: [scope], redirectUri, codeVerifier: verifier });
result.code = claims(byCode.accessToken);
must(byCode.account.username === "jane@contoso.test" && byCode.account.homeAccountId.endsWith(env.tenant), "account");
const silent = await client.acquireTokenSilent({ account: byCode.account, scopes: [scope] });
must(silent.fromCache && silent.accessToken === byCode.accessToken, "the cache was not used");
const fresh = await client.acquireTokenSilent({ account: byCode.account, scopes: [scope], forceRefresh: true });
must(!fresh.fromCache && fresh.accessToken !== byCode.accessToken, "no refresh");
const other = await client.acquireTokenSilent({ account: byCode.account, scopes: [`${old.identifierUri}/user_impersonation`] });
result.otherResource = claims(other.accessToken);

// secret
const bySecret = new ConfidentialClientApplication({ auth: { clientId: daemon.clientId, clientSecret: daemon.secret, authority, knownAuthorities } });
result.secret = claims((await bySecret.acquireTokenByClientCredential({ scopes: [`${api.identifierUri}/.default`] })).accessToken);

// certificate, which the Go test has put on the daemon's registration
const byCertificate = new ConfidentialClientApplication({
  auth: { clientId: daemon.clientId, authority, knownAuthorities, clientCertificate: { thumbprintSha256: env.certificate.sha256, privateKey: env.certificate.key } },
});
result.certificate = claims((await byCertificate.acquireTokenByClientCredential({ scopes: [`${api.identifierUri}/.default`] })).accessToken);

// federated credential
const byWorkload = new ConfidentialClientApplication({ auth: { clientId: daemon.clientId, authority, knownAuthorities, clientAssertion: env.assertion } });
result.federated = claims((await byWorkload.acquireTokenByClientCredential({ scopes: [`${api.identifierUri}/.default`] })).accessToken);

// device code
const publicClient = new PublicClientApplication({ auth: { clientId: native.clientId, authority, knownAuthorities } });
const byDevice = await publicClient.acquireTokenByDeviceCode({
  scopes: [scope],
  deviceCodeCallback: (d) => new Person().device(d.verificationUri, d.userCode, "bob@contoso.test").catch((e) => { result.device = String(e); }),
});
result.device = claims(byDevice.accessToken);

// on behalf of: the API uses the token it was called with
const middle = new ConfidentialClientApplication({ auth: { clientId: api.clientId, clientSecret: api.secret, authority, knownAuthorities } });
const behalf = await middle.acquireTokenOnBehalfOf({ oboAssertion: byCode.accessToken, scopes: ["https://graph.microsoft.com/User.Read"] });
result.obo = claims(behalf.accessToken);
const me = await fetch(`${env.graph}/me`, { headers: { authorization: `Bearer ${behalf.accessToken}` } });
result.me = await me.json();

// a refusal comes through with its code
try {
  const wrong = new ConfidentialClientApplication({ auth: { clientId: daemon.clientId, clientSecret: "wrong", authority, knownAuthorities } });
  await wrong.acquireTokenByClientCredential({ scopes: [`${api.identifierUri}/.default`] });
} catch (e) {
  result.refusal = { code: e.errorCode, message: e.errorMessage, no: e.errorNo };
}
done(result);
