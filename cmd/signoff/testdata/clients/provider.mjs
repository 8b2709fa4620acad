// The provider that nobody here wrote: panva's oidc-provider, as its manual sets
// it up, with its own pages for signing in. It says where it is in one line and
// serves until its input ends.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const server = process.env.SERVER;
const api = "https://signoff.example/api"; // the audience

const people = {
  kim: { name: "Kim Novak", email: "kim@novak.test", email_verified: true },
  jane: { name: "Jane Doe", email: "jane@contoso.test", email_verified: true },
};
const about = (sub) => ({ sub, ...people[sub] });

const listener = createServer();
listener.listen(0, "127.0.0.1", () => {
  const issuer = `http://localhost:${listener.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: "pages", client_secret: "pages-secret-of-a-test", redirect_uris: [`${server}/oauth/callback`], post_logout_redirect_uris: [`${server}/signed-out`] },
      { client_id: "tool", client_secret: "tool-secret-of-a-test", redirect_uris: ["http://localhost/cb"], grant_types: ["authorization_code", "client_credentials"] },
    ],
    cookies: { keys: ["for a test only"] },
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => about(sub) }),
    extraTokenClaims: (ctx, token) => (token.accountId ? { ...people[token.accountId] } : undefined),
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "workflow", audience: api, accessTokenTTL: 600, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } }),
      },
    },
  });
  provider.on("server_error", (ctx, error) => console.error(error));
  listener.on("request", provider.callback());
  process.stdout.write(JSON.stringify({ issuer, audience: api }) + "\n");
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
