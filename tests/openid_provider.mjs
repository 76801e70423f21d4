// A real OpenID provider (npm's oidc-provider) on loopback: node openid_provider.mjs PORT, with the library in NODE_PATH's
// place beside it. Whoever signs in as NAME is NAME@corp.test; people called "unverified…" have no verified address.
import { createRequire } from "node:module";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";

const [port, library] = process.argv.slice(2);
const place = createRequire(`${library}/package.json`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(place));
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const sigstore = {
  client_id: "sigstore",
  application_type: "native",
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
  redirect_uris: ["http://localhost/auth/callback"],
};
// the hub's pages: a client with a secret, and one without
const pages = {
  client_id: "hub",
  client_secret: "the-hub's-secret",
  application_type: "native",
  token_endpoint_auth_method: "client_secret_basic",
  redirect_uris: ["http://127.0.0.1/login/callback"],
};
const provider = new Provider(`http://localhost:${port}`, {
  clients: [sigstore, { ...sigstore, client_id: "another-program" }, pages],
  jwks: { keys: [{ ...key, kid: randomUUID(), use: "sig", alg: "RS256" }] },
  cookies: { keys: [randomUUID()] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false, // the address stands in the identity token, as Sigstore's clients need it
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@corp.test`, email_verified: !id.startsWith("unverified") }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
