// @azure/msal-node gets tokens by code, refresh, secret, certificate, federated
// credential, device code and on behalf of, and calls the server with them.
import { ConfidentialClientApplication, PublicClientApplication, CryptoProvider } from "@azure/msal-node";
import { app, done, env, must, origin, Person, start, use } from "./api.mjs";

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
const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
const url = await client.getAuthCodeUrl({ scopes: [scope], redirectUri, codeChallenge: challenge, codeChallengeMethod: "S256", state: "abc" });
const back = await new Person().signIn(url, "ana@contoso.test");
must(back.searchParams.get("state") === "abc", `state ${back}`);
const byCode = await client.acquireTokenByCode({ code: back.searchParams.get("code"), scopes: [scope], redirectUri, codeVerifier: verifier });
result.code = await use(byCode.accessToken);
result.started = await start(byCode.accessToken);
const fresh = await client.acquireTokenSilent({ account: byCode.account, scopes: [scope], forceRefresh: true });
result.refreshed = await use(fresh.accessToken);
const other = await client.acquireTokenSilent({ account: byCode.account, scopes: [`${old.identifierUri}/user_impersonation`] });
result.version1 = await use(other.accessToken);
const graph = await client.acquireTokenSilent({ account: byCode.account, scopes: ["https://graph.microsoft.com/User.Read"] });
result.graph = await use(graph.accessToken);

const everything = [`${api.identifierUri}/.default`];
const itself = (how) => new ConfidentialClientApplication({ auth: { clientId: daemon.clientId, authority, knownAuthorities, ...how } }).acquireTokenByClientCredential({ scopes: everything });
result.secret = await use((await itself({ clientSecret: daemon.secret })).accessToken);
result.certificate = await use((await itself({ clientCertificate: { thumbprintSha256: env.certificate.sha256, privateKey: env.certificate.key } })).accessToken);

const publicClient = new PublicClientApplication({ auth: { clientId: native.clientId, authority, knownAuthorities } });
let trouble;
const byDevice = await publicClient.acquireTokenByDeviceCode({
  scopes: [scope],
  deviceCodeCallback: (d) => new Person().device(d.verificationUri, d.userCode, "bob@contoso.test").catch((e) => (trouble = e)),
});
must(!trouble, String(trouble));
result.device = await use(byDevice.accessToken);
done(result);
