import { createAuthority } from "../../apps/demo/src/servers/authority.ts";
import { createRequest, encodeName, oid, openEnvelopedKey, parseCertificate, type Certificate } from "@certbridge/pki";
import { encodeBase64Url, decodeBase64Url } from "@certbridge/protocol/bytes";
import {
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_LABEL,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import {
  createNonces,
  createVerifier,
  type IssuingKey,
  type TrustedIssuer,
  type VerifierOptions,
} from "@certbridge/verify";
import { gm } from "./authority.ts";

export const ORIGIN = "https://bid-a.demo.test";
export const SESSION = "session-1";
export const USCC = "91320100MA1ABCDE0C";

/** A bidder with both certificates, as the CA issued them. */
export interface Bidder {
  readonly signing: Certificate;
  readonly signingKey: Uint8Array;
  readonly encryption: Certificate;
  readonly encryptionKey: Uint8Array;
}

export const authority = createAuthority(gm, { id: "ca", name: "测试CA", place: "extension" });
export const otherAuthority = createAuthority(gm, { id: "ca-2", name: "别处CA", place: "extension" });

export function bidderOf(by = authority, uscc = USCC, validity?: { from: Date; until: Date }): Bidder {
  const pair = gm.sm2KeyPair();
  const request = createRequest(gm, { subject: encodeName([[oid.commonName, "测试公司"]]), ...pair });
  const issued = by.issuePair(request, { name: "测试公司", uscc }, validity);
  const encryptionKey = openEnvelopedKey(gm, issued.envelopedKey, pair.privateKey);
  if (encryptionKey === null) throw new Error("the enveloped key is not ours");
  return {
    signing: parseCertificate(issued.signing),
    signingKey: pair.privateKey,
    encryption: parseCertificate(issued.encryption),
    encryptionKey,
  };
}

/** A server with a clock that tests move, and the platform whose credentials it accepts. */
export function server(options: Partial<VerifierOptions> = {}) {
  const time = { offsetMs: 0 };
  const clock = () => Date.now() + time.offsetMs;
  const nonces = createNonces({ clock });
  const key = authority.issueKey("平台");
  const issuer: IssuingKey = {
    ...key,
    platformId: "demo-b",
    name: "乙平台",
    origin: "https://bid-b.demo.test",
    statusUrl: "https://bid-b.demo.test/credentials/status",
  };
  const trusted: { -readonly [K in keyof TrustedIssuer]: TrustedIssuer[K] } = {
    platformId: issuer.platformId,
    origin: issuer.origin,
    certificate: key.certificate,
    statusList: () => Promise.resolve(null),
  };
  const verifier = createVerifier({
    gm,
    origins: [ORIGIN],
    trust: {
      authorities: { anchors: [authority.root], intermediates: [authority.sub], usccRules: authority.row.usccRules },
      credentialIssuers: [trusted],
    },
    nonces,
    revocation: (ca) => Promise.resolve(authority.revocationList(ca)),
    clock,
    ...options,
  });
  const challenge = { session: SESSION, origin: ORIGIN };
  return { verifier, nonces, time, clock, issuer, trusted, challenge, nonce: () => nonces.issue(challenge) };
}

const digests = (origin: string, nonce: string, certificate: Certificate) => ({
  origin: gm.sm3(new TextEncoder().encode(origin)),
  nonce: gm.sm3(decodeBase64Url(nonce)),
  certificate: gm.sm3(certificate.der),
});

/** A login token as the host makes it; each part can be made wrong. */
export function loginToken(
  bidder: Bidder,
  nonce: string,
  wrong: { origin?: string; id?: string; certificate?: Certificate; key?: Uint8Array } = {},
) {
  const certificate = wrong.certificate ?? bidder.signing;
  const statement = encodeLoginStatement(digests(wrong.origin ?? ORIGIN, nonce, certificate));
  const signature = gm.sm2Sign(wrong.key ?? bidder.signingKey, statement, { id: wrong.id ?? LOGIN_LABEL });
  return {
    format: wrong.id === undefined ? "shared-certificate-login:1" : "shared-certificate-login:1-default-id",
    certificate: encodeBase64Url(certificate.der),
    signature: encodeBase64Url(signature),
    algorithm: "SM2-SM3",
  };
}

/** A registration answer as the host makes it. */
export function registrationAnswer(
  bidder: Bidder,
  nonce: string,
  credential: string | null,
  wrong: { boundTo?: string | null } = {},
) {
  const bound = wrong.boundTo === undefined ? credential : wrong.boundTo;
  const statement = encodeRegistrationStatement({
    ...digests(ORIGIN, nonce, bidder.signing),
    credential: gm.sm3(bound === null ? new Uint8Array(0) : decodeBase64Url(bound)),
  });
  const signature = gm.sm2Sign(bidder.signingKey, statement, { id: REGISTRATION_LABEL });
  return {
    credential,
    proof: {
      format: "shared-certificate-registration:1",
      certificate: encodeBase64Url(bidder.signing.der),
      signature: encodeBase64Url(signature),
      algorithm: "SM2-SM3",
    },
  };
}
