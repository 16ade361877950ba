import { CREDENTIAL_STATUS_LIST, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { type RegistrationCredential, registrationCredential } from "@certbridge/protocol/credential";
import type { Gm } from "@certbridge/gm";
import { type Certificate, ProofError, sameBytes, signData, verifySignedData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import { PolicyError, VerificationError } from "./errors.ts";

/** A platform whose credentials this server accepts: its key is pinned by its certificate. */
export interface TrustedIssuer {
  readonly platformId: string;
  readonly origin: string;
  readonly certificate: Certificate;
  /** Its signed status list, whole, DER; null where it cannot be had. */
  readonly statusList: () => Promise<Uint8Array | null>;
}

/** This platform's own key for credentials. */
export interface IssuingKey {
  readonly platformId: string;
  readonly name: string;
  readonly origin: string;
  readonly statusUrl: string;
  readonly certificate: Certificate;
  readonly privateKey: Uint8Array;
}

const utf8 = new TextEncoder();

/** A registration credential, base64url of DER. docs/formats/registration-credential.md */
export function issueCredential(
  gm: Gm,
  key: IssuingKey,
  about: {
    readonly subject: { readonly name: string; readonly uscc: string };
    /** Verified facts only. */
    readonly facts: Readonly<Record<string, string>>;
    /** Its bit in the status list. */
    readonly index: number;
    readonly at: Date;
    readonly lifeMs?: number;
  },
): string {
  const content: RegistrationCredential = {
    format: "shared-certificate-credential:1",
    credentialId: encodeBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    issuer: { platformId: key.platformId, name: key.name, origin: key.origin },
    subject: { ...about.subject },
    facts: { ...about.facts },
    issuedAt: about.at.toISOString(),
    expiresAt: new Date(about.at.getTime() + (about.lifeMs ?? 365 * 24 * 3600_000)).toISOString(),
    status: { list: key.statusUrl, index: about.index },
  };
  const der = signData(gm, {
    contentType: REGISTRATION_CREDENTIAL,
    content: utf8.encode(JSON.stringify(v.parse(registrationCredential, content))),
    signedAt: about.at,
    certificate: key.certificate,
    privateKey: key.privateKey,
  });
  if (der.length > limits.credentialLen) throw new RangeError(`a credential of ${der.length} bytes is too long`);
  return encodeBase64Url(der);
}

const statusList = v.strictObject({
  format: v.literal("shared-certificate-status-list:1"),
  platformId: v.string(),
  sequence: v.pipe(v.number(), v.integer(), v.minValue(0)),
  issuedAt: v.string(),
  nextUpdate: v.string(),
  /** Bit i, counted from the most significant of the first byte: credential i is revoked. base64url. */
  bits: v.string(),
});

/** The list of revoked credentials, signed, DER. */
export function issueStatusList(
  gm: Gm,
  key: IssuingKey,
  list: {
    readonly sequence: number;
    readonly at: Date;
    readonly lifeMs: number;
    readonly size: number;
    readonly revoked: ReadonlySet<number>;
  },
): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(list.size / 8));
  for (const index of list.revoked) bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7));
  const content = {
    format: "shared-certificate-status-list:1",
    platformId: key.platformId,
    sequence: list.sequence,
    issuedAt: list.at.toISOString(),
    nextUpdate: new Date(list.at.getTime() + list.lifeMs).toISOString(),
    bits: encodeBase64Url(bits),
  };
  return signData(gm, {
    contentType: CREDENTIAL_STATUS_LIST,
    content: utf8.encode(JSON.stringify(content)),
    signedAt: list.at,
    certificate: key.certificate,
    privateKey: key.privateKey,
  });
}

function readJson(content: Uint8Array | null): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content ?? new Uint8Array(0)));
}

/** Judges credentials of trusted issuers. */
export function createCredentialJudge(options: {
  readonly gm: Gm;
  readonly issuers: readonly TrustedIssuer[];
  readonly clock: () => number;
}) {
  const { gm, issuers, clock } = options;
  /** The highest sequence seen of each issuer: an older list than one seen is none. */
  const newest = new Map<string, number>();

  async function isRevoked(issuer: TrustedIssuer, index: number): Promise<boolean> {
    const unavailable = (cause?: unknown) => new PolicyError("CREDENTIAL_STATUS_UNAVAILABLE", { cause });
    const der = await issuer.statusList();
    if (der === null) throw unavailable();
    let list: v.InferOutput<typeof statusList>;
    try {
      const signed = verifySignedData(gm, der, { contentType: CREDENTIAL_STATUS_LIST });
      if (!sameBytes(signed.signer.der, issuer.certificate.der)) throw new ProofError("SIGNATURE_INVALID");
      list = v.parse(statusList, readJson(signed.content));
    } catch (error) {
      throw unavailable(error);
    }
    const late = Date.parse(list.nextUpdate) < clock() || Date.parse(list.issuedAt) > clock() + limits.clockSkewMs;
    if (list.platformId !== issuer.platformId || late || list.sequence < (newest.get(issuer.platformId) ?? 0))
      throw unavailable();
    newest.set(issuer.platformId, list.sequence);
    const byte = decodeBase64Url(list.bits)[index >> 3];
    // Outside the list the issuer says nothing: that is not good standing.
    if (byte === undefined) throw unavailable();
    return (byte & (0x80 >> (index & 7))) !== 0;
  }

  return {
    /** What the credential says, proved to be its issuer's and in force, and about this bidder. */
    async judge(der: Uint8Array, uscc: string): Promise<RegistrationCredential> {
      let content: RegistrationCredential;
      let signer: Certificate;
      try {
        const signed = verifySignedData(gm, der, { contentType: REGISTRATION_CREDENTIAL });
        content = v.parse(registrationCredential, readJson(signed.content));
        signer = signed.signer;
      } catch (error) {
        const forged = error instanceof ProofError;
        throw new VerificationError(forged ? "CREDENTIAL_UNTRUSTED" : "CREDENTIAL_MALFORMED", { cause: error });
      }
      const issuer = issuers.find(
        ({ platformId, origin, certificate }) =>
          platformId === content.issuer.platformId &&
          origin === content.issuer.origin &&
          sameBytes(certificate.der, signer.der),
      );
      if (issuer === undefined) throw new VerificationError("CREDENTIAL_UNTRUSTED");
      const now = clock();
      const early = Date.parse(content.issuedAt) > now + limits.clockSkewMs;
      if (early || Date.parse(content.expiresAt) <= now) throw new VerificationError("CREDENTIAL_EXPIRED");
      if (content.subject.uscc !== uscc) throw new PolicyError("CREDENTIAL_OF_ANOTHER_BIDDER");
      if (await isRevoked(issuer, content.status.index)) throw new VerificationError("CREDENTIAL_REVOKED");
      return content;
    },
  };
}
