// Verifies a Sigstore bundle with @sigstore/verify and one trusted root; prints who signed, and the statement's payload.
// node verify.cjs trusted_root.json bundle.json IDENTITY ISSUER [ARTIFACT]
const { readFileSync } = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const [root, file, identity, issuer, artifact] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const exactly = new RegExp(`^${identity.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);

const bundle = bundleFromJSON(read(file));
const entity = toSignedEntity(bundle, artifact && readFileSync(artifact));
const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(read(root))));
const signer = verifier.verify(entity, { subjectAlternativeName: exactly, extensions: { issuer } });
const envelope = bundle.content.dsseEnvelope;
const statement = envelope ? JSON.parse(envelope.payload) : null;
console.log(JSON.stringify({ identity: signer.identity.subjectAlternativeName, statement }));
