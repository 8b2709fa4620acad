// openid-client discovers the tenant, gets tokens by code, refresh, secret,
// certificate and device code, and calls the server with them.
import * as client from "openid-client";
import { app, done, env, origin, Person, use } from "./api.mjs";

const web = app("Contoso Web Client");
const api = app("Contoso Workflow API");
const daemon = app("Contoso Daemon");
const native = app("Contoso Console");
const scope = `openid profile email offline_access ${api.identifierUri}/user_impersonation`;
const everything = { scope: `${api.identifierUri}/.default` };
const redirect_uri = web.redirectUris[0];
const issuer = new URL(`${origin}/${env.tenant}/v2.0`);
const result = {};

const config = await client.discovery(issuer, web.clientId, {}, client.ClientSecretPost(web.secret));
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri, scope, state: expectedState, nonce: expectedNonce, code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
});
const back = await new Person().signIn(url.href, "jane@contoso.test");
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce });
result.code = await use(tokens.access_token);
result.refreshed = await use((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
result.idToken = await use(tokens.id_token);

const basic = await client.discovery(issuer, daemon.clientId, {}, client.ClientSecretBasic(daemon.secret));
result.secret = await use((await client.clientCredentialsGrant(basic, everything)).access_token);

const key = await crypto.subtle.importKey("pkcs8", Buffer.from(env.certificate.der, "base64"), { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]);
const signed = await client.discovery(issuer, daemon.clientId, {}, client.PrivateKeyJwt(key, {
  [client.modifyAssertion]: (header, payload) => { header["x5t#S256"] = env.certificate.x5t; payload.aud = config.serverMetadata().token_endpoint; },
}));
result.certificate = await use((await client.clientCredentialsGrant(signed, everything)).access_token);

const device = await client.discovery(issuer, native.clientId, {}, client.None());
const asked = await client.initiateDeviceAuthorization(device, { scope });
await new Person().device(asked.verification_uri, asked.user_code, "bob@contoso.test");
result.device = await use((await client.pollDeviceAuthorizationGrant(device, asked)).access_token);
done(result);
