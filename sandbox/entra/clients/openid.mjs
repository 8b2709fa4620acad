// openid-client discovers the tenant, signs somebody in, checks everything it
// checks, and uses the other grants.
import * as client from "openid-client";
import { app, claims, done, env, must, origin, Person } from "./common.mjs";

const web = app("Contoso Web Client");
const api = app("Contoso Workflow API");
const daemon = app("Contoso Daemon");
const native = app("Contoso Console");
const scope = `openid profile email offline_access ${api.identifierUri}/user_impersonation`;
const redirect_uri = web.redirectUris[0];
const issuer = new URL(`${origin}/${env.tenant}/v2.0`);
const result = {};

async function signIn(config, mode, parameters) {
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri, scope, state, nonce, code_challenge: await client.calculatePKCECodeChallenge(code_verifier), code_challenge_method: "S256", ...parameters,
  });
  const back = await new Person().signIn(url.href, "ana@contoso.test");
  return client.authorizationCodeGrant(config, back, { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce });
}

const config = await client.discovery(issuer, web.clientId, {}, client.ClientSecretPost(web.secret));
const tokens = await signIn(config);
result.code = claims(tokens.access_token);
result.id = tokens.claims();
result.refreshed = claims((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);

// userinfo wants a token for Graph; openid-client insists that sub is the id token's
const graph = await signIn(config, "", { scope: "openid profile email" });
result.userinfo = await client.fetchUserInfo(config, graph.access_token, graph.claims().sub);

const basic = await client.discovery(issuer, daemon.clientId, {}, client.ClientSecretBasic(daemon.secret));
result.secret = claims((await client.clientCredentialsGrant(basic, { scope: `${api.identifierUri}/.default` })).access_token);

const key = await crypto.subtle.importKey("pkcs8", Buffer.from(env.certificate.der, "base64"), { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]);
const signed = await client.discovery(issuer, daemon.clientId, {}, client.PrivateKeyJwt(key, {
  [client.modifyAssertion]: (header, payload) => { header["x5t#S256"] = env.certificate.x5t; payload.aud = config.serverMetadata().token_endpoint; },
}));
result.certificate = claims((await client.clientCredentialsGrant(signed, { scope: `${api.identifierUri}/.default` })).access_token);

const device = await client.discovery(issuer, native.clientId, {}, client.None());
const asked = await client.initiateDeviceAuthorization(device, { scope });
await new Person().device(asked.verification_uri, asked.user_code, "bob@contoso.test");
result.device = claims((await client.pollDeviceAuthorizationGrant(device, asked)).access_token);

result.logout = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect_uri }).href;
must(result.logout.startsWith(`${origin}/${env.tenant}/oauth2/v2.0/logout?`), result.logout);
done(result);
