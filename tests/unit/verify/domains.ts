/**
 * Every purpose that a key of ours signs for, each with the way to make such a signature and the way to show one. All by one key
 * with one certificate, so that nothing but the purpose keeps them apart.
 */
import { encodeSignedAttributes, encodeSignedData, parseCertificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { CREDENTIAL_STATUS_LIST, GM_DATA, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import {
  DEFAULT_DISTINGUISHING_ID,
  encodeHostStatement,
  encodeLoginStatement,
  encodeRegistrationStatement,
  HOST_LABEL,
  LOGIN_LABEL,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import { createNonces, createVerifier, isRefusal } from "@certbridge/verify";
import { provesIdentity } from "../../../extension/background/host-proof.ts";
import { createWorld, gm, makeAnswer, START } from "./world.ts";

export const domainNames = [
  "login",
  "login with the default id",
  "registration",
  "registration with the default id",
  "document",
  "credential",
  "status list",
  "companion program",
] as const;

export type DomainName = (typeof domainNames)[number];

export interface Domain {
  /** r ‖ s, genuine. */
  sign(): Uint8Array;
  judge(signature: Uint8Array): Promise<"accepted" | "refused">;
}

async function judge(attempt: () => Promise<unknown>): Promise<"accepted" | "refused"> {
  try {
    await attempt();
    return "accepted";
  } catch (error) {
    if (isRefusal(error)) return "refused";
    throw error;
  }
}

export function createDomains(chosen: {
  readonly origin: string;
  readonly document: Uint8Array;
}): Readonly<Record<DomainName, Domain>> {
  const { origin, document } = chosen;
  const owner = { session: "one", origin };
  const world = createWorld();
  const keys = world.platformKeys;
  const certificate = parseCertificate(keys.signing);
  const maker = world.maker;

  /** The same random bytes each time, so that a statement can be signed before its nonce is issued again. */
  const fixed = gm.sm3(document);
  const nonces = createNonces({ clock: () => START, random: (into) => into.set(fixed) });
  const issue = () => nonces.issue(owner);
  const session = gm.sm3(fixed);

  const subject = keys.applicant;
  const credential = maker.issueCredential({ signer: { subject }, facts: {}, index: 3 });
  const credentialText = new TextEncoder().encode(JSON.stringify(credential.said));
  const listed: { der: Uint8Array } = { der: maker.issueStatusList({ sequence: 1, revoked: new Set() }) };
  const listText = contentOf(listed.der);

  const verifier = createVerifier({
    ...world.usual,
    nonces,
    origins: [origin],
    allowDefaultId: true,
    trust: {
      ...world.trust,
      credentialIssuers: world.trust.credentialIssuers.map((issuer) => ({
        ...issuer,
        statusList: async () => listed.der,
      })),
    },
  });

  const digests = {
    origin: gm.sm3(new TextEncoder().encode(origin)),
    nonce: gm.sm3(decodeBase64Url(issue())),
    certificate: gm.sm3(keys.signing),
    credential: gm.sm3(new Uint8Array(0)),
  };
  const shared = {
    certificate: encodeBase64Url(keys.signing),
    chain: keys.chain.slice(0, 1).map(encodeBase64Url),
    algorithm: "SM2-SM3",
  };
  const make = (statement: Uint8Array, id: string) => gm.sm2Sign(keys.signingKey, statement, { id });
  const attributesOf = (contentType: string, content: Uint8Array) =>
    encodeSignedAttributes(gm, { contentType, digest: gm.sm3(content), signedAt: new Date(START), certificate });
  const cmsOf = (contentType: string, content: Uint8Array, signature: Uint8Array) =>
    encodeSignedData({
      contentType,
      content,
      attributes: attributesOf(contentType, content),
      signature,
      certificate,
      chain: [],
    });

  const statementDomain = (verb: "login" | "registration", ending: "" | "-default-id"): Domain => {
    const label = verb === "login" ? LOGIN_LABEL : REGISTRATION_LABEL;
    const statement = verb === "login" ? encodeLoginStatement(digests) : encodeRegistrationStatement(digests);
    return {
      sign: () => make(statement, ending === "" ? label : DEFAULT_DISTINGUISHING_ID),
      judge: (raw) =>
        judge(() => {
          issue();
          const proof = { ...shared, format: `shared-certificate-${verb}:1${ending}`, signature: encodeBase64Url(raw) };
          return verb === "login"
            ? verifier.verifyLogin(proof, owner)
            : verifier.verifyRegistration({ credential: null, proof }, owner);
        }),
    };
  };
  const cmsDomain = (
    contentType: string,
    content: Uint8Array,
    show: (cms: Uint8Array) => Promise<unknown>,
  ): Domain => ({
    sign: () => make(attributesOf(contentType, content), DEFAULT_DISTINGUISHING_ID),
    judge: (raw) => judge(() => show(cmsOf(contentType, content, raw))),
  });
  const present = (der: Uint8Array) => verifier.verifyRegistration(makeAnswer(keys, issue(), der, { origin }), owner);

  return {
    login: statementDomain("login", ""),
    "login with the default id": statementDomain("login", "-default-id"),
    registration: statementDomain("registration", ""),
    "registration with the default id": statementDomain("registration", "-default-id"),
    document: cmsDomain(GM_DATA, document, (cms) => verifier.verifySignature(cms)),
    credential: cmsDomain(REGISTRATION_CREDENTIAL, credentialText, (cms) => {
      listed.der = maker.issueStatusList({ sequence: 1, revoked: new Set() });
      return present(cms);
    }),
    "status list": cmsDomain(CREDENTIAL_STATUS_LIST, listText, (cms) => {
      listed.der = cms;
      // A verifier of its own: one that remembers a genuine list would fall back on it.
      const fresh = createVerifier({
        ...world.usual,
        nonces,
        origins: [origin],
        trust: {
          ...world.trust,
          credentialIssuers: world.trust.credentialIssuers.map((issuer) => ({
            ...issuer,
            statusList: async () => cms,
          })),
        },
      });
      return fresh.verifyRegistration(makeAnswer(keys, issue(), credential.der, { origin }), owner);
    }),
    "companion program": {
      sign: () => make(encodeHostStatement({ challenge: gm.sm3(fixed), session: gm.sm3(session) }), HOST_LABEL),
      async judge(raw) {
        const identity = {
          publicKey: encodeBase64Url(parseCertificate(keys.signing).publicKey),
          session: encodeBase64Url(session),
          signature: encodeBase64Url(raw),
        };
        return provesIdentity(gm, fixed, identity) ? "accepted" : "refused";
      },
    },
  };
}

/** The content inside SignedData, found by its JSON. */
function contentOf(der: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(der);
  const from = text.indexOf('{"format"');
  return der.slice(from, text.indexOf('"}', from) + 2);
}
