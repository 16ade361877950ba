/**
 * Every purpose that a key of ours signs for, each with the way to make such a signature and the way to show one. All by one key
 * with one certificate, so that nothing but the purpose keeps them apart. domains.test.ts holds this list against the labels, the
 * content types and the verbs that there are.
 */
import {
  createRequest,
  element,
  encodeSignature,
  encodeSignedAttributes,
  encodeSignedData,
  parseCertificate,
  parseRequest,
  ProofError,
  verifyRequest,
} from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import {
  BID_RECEIPT,
  BID_REPORT,
  BID_TRAILER,
  CREDENTIAL_STATUS_LIST,
  GM_DATA,
  NOTICE,
  OPENING_RECEIPT,
  ORDER,
  REGISTRATION_CREDENTIAL,
  RELEASED_KEY,
} from "@certbridge/protocol/content-types";
import { REGISTRATION_CREDENTIAL_FORMAT } from "@certbridge/protocol/credential";
import { OperationError } from "@certbridge/protocol/errors";
import type { KeyOperation } from "@certbridge/protocol/page";
import {
  DEFAULT_DISTINGUISHING_ID,
  encodeHostStatement,
  encodeLoginStatement,
  encodeRegistrationStatement,
  HOST_LABEL,
  LOGIN_FORMAT,
  LOGIN_FORMAT_DEFAULT_ID,
  LOGIN_LABEL,
  REGISTRATION_FORMAT,
  REGISTRATION_FORMAT_DEFAULT_ID,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import { createNonces, createVerifier, isRefusal } from "@certbridge/verify";
import { provesIdentity } from "../../../extension/background/host-proof.ts";
import { type CmsPurpose, createBidPurposes } from "./bid-domains.ts";
import { createWorld, gm, makeAnswer, OTHER_ORIGIN, START } from "./world.ts";

/** What each purpose is known by: the names of `packages/protocol` that stand in its messages, and the verb of the page, if any. */
export const purposes = {
  login: { verb: "login", names: [LOGIN_LABEL, LOGIN_FORMAT] },
  "login with the default id": { verb: "login", names: [DEFAULT_DISTINGUISHING_ID, LOGIN_FORMAT_DEFAULT_ID] },
  registration: { verb: "register", names: [REGISTRATION_LABEL, REGISTRATION_FORMAT] },
  "registration with the default id": {
    verb: "register",
    names: [DEFAULT_DISTINGUISHING_ID, REGISTRATION_FORMAT_DEFAULT_ID],
  },
  document: { verb: "sign", names: [DEFAULT_DISTINGUISHING_ID, GM_DATA] },
  credential: {
    verb: null,
    names: [DEFAULT_DISTINGUISHING_ID, REGISTRATION_CREDENTIAL, REGISTRATION_CREDENTIAL_FORMAT],
  },
  "status list": { verb: null, names: [DEFAULT_DISTINGUISHING_ID, CREDENTIAL_STATUS_LIST] },
  notice: { verb: null, names: [DEFAULT_DISTINGUISHING_ID, NOTICE] },
  receipt: { verb: null, names: [DEFAULT_DISTINGUISHING_ID, BID_RECEIPT] },
  "opening receipt": { verb: null, names: [DEFAULT_DISTINGUISHING_ID, OPENING_RECEIPT] },
  order: { verb: null, names: [DEFAULT_DISTINGUISHING_ID, ORDER] },
  "bid trailer": { verb: "encrypt", names: [DEFAULT_DISTINGUISHING_ID, BID_TRAILER] },
  "bid report": { verb: "encrypt", names: [DEFAULT_DISTINGUISHING_ID, BID_REPORT] },
  "released key": { verb: "decrypt", names: [DEFAULT_DISTINGUISHING_ID, RELEASED_KEY] },
  "companion program": { verb: null, names: [HOST_LABEL] },
  "certification request": { verb: null, names: [DEFAULT_DISTINGUISHING_ID] },
} as const satisfies Readonly<
  Record<string, { readonly verb: KeyOperation | null; readonly names: readonly string[] }>
>;

export type DomainName = keyof typeof purposes;

export const domainNames = Object.keys(purposes) as readonly DomainName[];

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
    const isUnproved = OperationError.is(error, "PLATFORM_UNPROVED");
    if (isRefusal(error) || error instanceof ProofError || isUnproved) return "refused";
    throw error;
  }
}

const world = createWorld();
const keys = world.platformKeys;
const certificate = parseCertificate(keys.signing);

/** The same random bytes each time, so that a statement can be signed before its nonce is issued again. */
const drawn: { bytes: Uint8Array } = { bytes: new Uint8Array(32) };
const nonces = createNonces({ clock: () => START, random: (into) => into.set(drawn.bytes) });

/** One server for all: its origins and what the issuer serves are those of the domains that were created last. */
const origins: string[] = [];
const served: { statusList: Uint8Array } = { statusList: new Uint8Array(0) };
const verifier = createVerifier({
  ...world.usual,
  nonces,
  origins,
  allowDefaultId: true,
  revocation: { crl: async () => null },
  trust: {
    ...world.trust,
    credentialIssuers: world.trust.credentialIssuers.map((issuer) => ({
      ...issuer,
      statusList: async () => served.statusList,
    })),
  },
});

const bidPurposes = await createBidPurposes(world, verifier);

const applicant = { subject: certificate.subject.der, privateKey: keys.signingKey, publicKey: certificate.publicKey };
const { tbs } = parseRequest(createRequest(gm, applicant));

let addresses = 0;

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The domains of one origin and one document. Those of an earlier call are not to be used any more. */
export function createDomains(chosen: {
  readonly origin: string;
  readonly document: Uint8Array;
}): Readonly<Record<DomainName, Domain>> {
  const { origin, document } = chosen;
  const owner = { session: "one", origin };
  /** Each under an address of its own, so that no genuine list is remembered where another one is shown. */
  const makerAt = (place: string) =>
    once(() => world.makerOf(keys, "demo-a", OTHER_ORIGIN, `${OTHER_ORIGIN}/credentials/status/${address}/${place}`));
  const address = ++addresses;
  const [maker, listMaker] = [makerAt("credential"), makerAt("list")];
  const issueBy = (by: typeof maker) =>
    by().issueCredential({ signer: { subject: keys.applicant }, facts: {}, index: 3 });
  drawn.bytes = gm.sm3(document);
  origins.splice(0, origins.length, origin);
  const issue = () => nonces.issue(owner);
  const session = gm.sm3(drawn.bytes);

  const said = once(() => new TextEncoder().encode(JSON.stringify(issueBy(maker).said)));
  const listText = once(() => contentOf(listMaker().issueStatusList({ sequence: 1, revoked: new Set() })));

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
  const cmsOf = (contentType: string, content: Uint8Array, signature: Uint8Array, detached = false) =>
    encodeSignedData({
      contentType,
      content: detached ? null : content,
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
    content: () => Uint8Array,
    show: (cms: Uint8Array) => Promise<unknown>,
  ): Domain => ({
    sign: () => make(attributesOf(contentType, content()), DEFAULT_DISTINGUISHING_ID),
    judge: (raw) => judge(() => show(cmsOf(contentType, content(), raw))),
  });
  const bidDomain = ({ contentType, content, detached = false, show }: CmsPurpose): Domain => ({
    sign: () => make(attributesOf(contentType, content), DEFAULT_DISTINGUISHING_ID),
    judge: (raw) => judge(() => show(cmsOf(contentType, content, raw, detached))),
  });
  const present = (der: Uint8Array) => verifier.verifyRegistration(makeAnswer(keys, issue(), der, { origin }), owner);

  return {
    login: statementDomain("login", ""),
    "login with the default id": statementDomain("login", "-default-id"),
    registration: statementDomain("registration", ""),
    "registration with the default id": statementDomain("registration", "-default-id"),
    document: cmsDomain(
      GM_DATA,
      () => document,
      (cms) => verifier.verifySignature(cms),
    ),
    credential: cmsDomain(REGISTRATION_CREDENTIAL, said, (cms) => {
      served.statusList = maker().issueStatusList({ sequence: 1, revoked: new Set() });
      return present(cms);
    }),
    "status list": cmsDomain(CREDENTIAL_STATUS_LIST, listText, (cms) => {
      served.statusList = cms;
      return present(issueBy(listMaker).der);
    }),
    notice: bidDomain(bidPurposes.notice),
    receipt: bidDomain(bidPurposes.receipt),
    "opening receipt": bidDomain(bidPurposes["opening receipt"]),
    order: bidDomain(bidPurposes.order),
    "bid trailer": bidDomain(bidPurposes["bid trailer"]),
    "bid report": bidDomain(bidPurposes["bid report"]),
    "released key": bidDomain(bidPurposes["released key"]),
    "companion program": {
      sign: () => make(encodeHostStatement({ challenge: gm.sm3(drawn.bytes), session: gm.sm3(session) }), HOST_LABEL),
      async judge(raw) {
        const identity = {
          publicKey: encodeBase64Url(parseCertificate(keys.signing).publicKey),
          session: encodeBase64Url(session),
          signature: encodeBase64Url(raw),
        };
        return provesIdentity(gm, drawn.bytes, identity) ? "accepted" : "refused";
      },
    },
    "certification request": {
      sign: () => make(tbs, DEFAULT_DISTINGUISHING_ID),
      judge: (raw) =>
        judge(async () =>
          verifyRequest(gm, element(0x30, tbs, SM2_WITH_SM3, element(0x03, Uint8Array.of(0), encodeSignature(raw)))),
        ),
    },
  };
}

/** AlgorithmIdentifier of SM2 with SM3. */
const SM2_WITH_SM3 = Uint8Array.from(Buffer.from("300a06082a811ccf55018375", "hex"));

/** The content inside SignedData, found by its JSON. */
function contentOf(der: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(der);
  const from = text.indexOf('{"format"');
  return der.slice(from, text.indexOf('"}', from) + 2);
}
