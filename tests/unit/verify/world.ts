/** A small world for the tests of packages/verify: two CAs, bidders, a platform that verifies and one that issued credentials. */
import {
  type BidderKeys,
  createDemoAuthorities,
  demoBidders,
  obtainKeys,
  platformApplicants,
} from "@certbridge/demo/bidders";
import { loadGm } from "@certbridge/gm/node";
import type { Certificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { LoginToken } from "@certbridge/protocol/page/login";
import type { RegistrationAnswer } from "@certbridge/protocol/page/register";
import {
  DEFAULT_DISTINGUISHING_ID,
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_FORMAT,
  LOGIN_LABEL,
  REGISTRATION_FORMAT,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import {
  createCredentialMaker,
  createNonces,
  createVerifier,
  isRefusal,
  type RefusalCode,
  type VerifierOptions,
} from "@certbridge/verify";

export const gm = await loadGm();

export const ORIGIN = "https://bid-b.demo.test";
export const OTHER_ORIGIN = "https://bid-a.demo.test";
export const OWNER = { session: "session-one", origin: ORIGIN };
export const START = Date.parse("2026-11-23T09:00:00Z");
export const DAY_MS = 24 * 3600_000;

const LIST = `${OTHER_ORIGIN}/credentials/status`;
const nothing = new Uint8Array(0);
const sm3Text = (text: string) => gm.sm3(new TextEncoder().encode(text));

/** What a genuine token is made with; change one thing for a forged one. */
export interface Making {
  readonly origin?: string;
  readonly id?: string;
  readonly format?: string;
  /** Sign with the encryption key and show its certificate. */
  readonly encryption?: boolean;
  readonly chain?: readonly Uint8Array[] | undefined;
}

function keyOf(keys: BidderKeys, { encryption = false }: Making) {
  return encryption
    ? { privateKey: keys.encryptionKey, certificate: keys.encryption }
    : { privateKey: keys.signingKey, certificate: keys.signing };
}

/** A login token as the companion program makes it. */
export function makeToken(keys: BidderKeys, nonce: string, making: Making = {}): LoginToken {
  const { privateKey, certificate } = keyOf(keys, making);
  const statement = encodeLoginStatement({
    origin: sm3Text(making.origin ?? ORIGIN),
    nonce: gm.sm3(decodeBase64Url(nonce)),
    certificate: gm.sm3(certificate),
  });
  return {
    format: (making.format ?? LOGIN_FORMAT) as LoginToken["format"],
    certificate: encodeBase64Url(certificate),
    chain: (making.chain ?? keys.chain.slice(0, 1)).map(encodeBase64Url),
    signature: encodeBase64Url(gm.sm2Sign(privateKey, statement, { id: making.id ?? LOGIN_LABEL })),
    algorithm: "SM2-SM3",
  };
}

/** The same for a registration, over this credential. */
export function makeAnswer(
  keys: BidderKeys,
  nonce: string,
  credential: Uint8Array | null,
  making: Making = {},
): RegistrationAnswer {
  const { privateKey, certificate } = keyOf(keys, making);
  const statement = encodeRegistrationStatement({
    origin: sm3Text(making.origin ?? ORIGIN),
    nonce: gm.sm3(decodeBase64Url(nonce)),
    certificate: gm.sm3(certificate),
    credential: gm.sm3(credential ?? nothing),
  });
  return {
    credential: credential === null ? null : encodeBase64Url(credential),
    proof: {
      format: (making.format ?? REGISTRATION_FORMAT) as RegistrationAnswer["proof"]["format"],
      certificate: encodeBase64Url(certificate),
      chain: (making.chain ?? keys.chain.slice(0, 1)).map(encodeBase64Url),
      signature: encodeBase64Url(gm.sm2Sign(privateKey, statement, { id: making.id ?? REGISTRATION_LABEL })),
      algorithm: "SM2-SM3",
    },
  };
}

export { DEFAULT_DISTINGUISHING_ID };

export function createWorld(changes: Partial<VerifierOptions> = {}) {
  let now = START;
  const clock = () => now;
  const authorities = createDemoAuthorities(gm, clock);
  const { jiangnan, lingbei } = authorities;
  const both = [jiangnan, lingbei];
  const jianye = obtainKeys(gm, jiangnan, demoBidders.jianye);
  const nanling = obtainKeys(gm, lingbei, demoBidders.nanling);

  const platformKeys = obtainKeys(gm, jiangnan, platformApplicants.a);
  const makerOf = (keys: BidderKeys, platformId = "demo-a", origin = OTHER_ORIGIN, statusList = LIST) =>
    createCredentialMaker({
      gm,
      clock,
      platform: {
        platformId,
        name: "江南公共资源交易平台（演示）",
        origin,
        statusList,
        privateKey: keys.signingKey,
        certificate: keys.signing,
      },
    });
  const maker = makerOf(platformKeys);

  /** What the issuer serves, and what the CAs serve; tests put their own in place. */
  const served: { statusList: () => Promise<Uint8Array>; crl: (issuer: Certificate) => Promise<Uint8Array | null> } = {
    statusList: async () => maker.issueStatusList({ sequence: 1, revoked: new Set() }),
    crl: async (issuer) => jiangnan.crl(issuer) ?? lingbei.crl(issuer),
  };

  const nonces = createNonces({ clock });
  const trust = {
    authorities: {
      anchors: both.map(({ root }) => root),
      intermediates: both.map(({ sub }) => sub),
      usccRules: both.flatMap(({ usccRules }) => usccRules),
    },
    credentialIssuers: [
      {
        platformId: "demo-a",
        origin: OTHER_ORIGIN,
        certificates: [platformKeys.signing],
        statusList: () => served.statusList(),
      },
    ],
  };
  const usual: VerifierOptions = {
    gm,
    origins: [ORIGIN],
    trust,
    nonces,
    clock,
    revocation: { crl: (issuer) => served.crl(issuer), maxAgeMs: 0 },
    statusMaxAgeMs: 0,
    ...changes,
  };
  const verifier = createVerifier(usual);

  return {
    authorities,
    jianye,
    nanling,
    platformKeys,
    makerOf,
    maker,
    served,
    nonces,
    trust,
    usual,
    verifier,
    setTime: (at: number) => {
      now = at;
    },
    nonce: () => nonces.issue(OWNER),
    /** A fresh nonce, a token for it, and what the verifier says. */
    login: (keys: BidderKeys, making?: Making) =>
      verifier.verifyLogin(makeToken(keys, nonces.issue(OWNER), making), OWNER),
    register: (keys: BidderKeys, credential: Uint8Array | null, making?: Making) =>
      verifier.verifyRegistration(makeAnswer(keys, nonces.issue(OWNER), credential, making), OWNER),
    /** A credential for this bidder, as the other platform issues it. */
    credentialOf: (keys: BidderKeys, index = 7, validityMs?: number) =>
      maker.issueCredential({
        signer: { subject: keys.applicant },
        facts: { registrationDivision: "320100" },
        index,
        ...(validityMs === undefined ? {} : { validityMs }),
      }).der,
  };
}

export type World = ReturnType<typeof createWorld>;

/** The code of the refusal, or "accepted". */
export async function codeOf(attempt: Promise<unknown>): Promise<RefusalCode | "accepted"> {
  try {
    await attempt;
    return "accepted";
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}
