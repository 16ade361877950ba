/**
 * The issuing half of a platform: registration credentials and the signed list of those taken back. It holds the platform's key
 * and is made apart from the verifier, which holds none.
 */
import type { Gm } from "@certbridge/gm";
import { parseCertificate, signData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { CREDENTIAL_STATUS_LIST, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import {
  REGISTRATION_CREDENTIAL_FORMAT,
  type RegistrationCredential,
  registrationCredential,
} from "@certbridge/protocol/credential";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import type { Clock } from "./nonces.ts";
import type { VerifiedSigner } from "./signer.ts";
import { encodeStatusList } from "./status-list.ts";

/** The platform as its credentials name it. */
export interface IssuingPlatform {
  readonly platformId: string;
  readonly name: string;
  readonly origin: string;
  /** Where the signed status list is served. */
  readonly statusList: string;
  /** SM2 private key, 32 bytes, and the certificate that others trust, DER. */
  readonly privateKey: Uint8Array;
  readonly certificate: Uint8Array;
}

/** A credential as issued: its bytes, and what they say. */
export interface IssuedCredential {
  /** GM/T 0010 SignedData with the content inside, DER, at most 8 KiB. */
  readonly der: Uint8Array<ArrayBuffer>;
  readonly said: RegistrationCredential;
}

/** What a platform signs as an issuer of registration credentials. docs/formats/registration-credential.md */
export interface CredentialMaker {
  /**
   * @param request.signer     as verifyRegistration or verifyLogin gave it: name and code come from the certificate alone
   * @param request.facts      what this platform verified by itself; never what it was only told
   * @param request.validityMs at most a year; default a year
   * @param request.index      its bit in the status list, never given twice
   * @throws RangeError where a fact, the validity or the index is out of bounds
   */
  issueCredential(request: {
    readonly signer: Pick<VerifiedSigner, "subject">;
    readonly facts: Readonly<Record<string, string>>;
    readonly validityMs?: number;
    readonly index: number;
  }): IssuedCredential;
  /**
   * @param request.sequence higher than the last wherever `revoked` changed
   * @param request.revoked  indices of the credentials taken back, 0 to 2²⁴ − 1
   * @param request.lifeMs   until the next list; default one hour
   * @returns GM/T 0010 SignedData with the list inside, DER
   * @throws RangeError where an index is out of bounds
   */
  issueStatusList(request: {
    readonly sequence: number;
    readonly revoked: ReadonlySet<number>;
    readonly lifeMs?: number;
  }): Uint8Array<ArrayBuffer>;
}

const YEAR_MS = 365 * 24 * 3600_000;
const LIST_LIFE_MS = 3600_000;

/** Bytes of a credential's random id. */
const ID_LEN = 16;

/** Whole seconds: the finest that both sides of the format show. */
const instantOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * The maker of one platform's credentials. It holds the platform's private key, which no verifier does: docs/decisions/0005.
 *
 * @param options.random fills an array with unpredictable bytes; default `crypto.getRandomValues`
 * @throws OperationError MALFORMED where the platform's certificate cannot be read
 */
export function createCredentialMaker(options: {
  readonly gm: Gm;
  readonly platform: IssuingPlatform;
  readonly clock?: Clock;
  readonly random?: (into: Uint8Array<ArrayBuffer>) => void;
}): CredentialMaker {
  const { gm, platform, clock = Date.now, random = (into) => void crypto.getRandomValues(into) } = options;
  const certificate = parseCertificate(platform.certificate);

  const seal = (contentType: string, content: Uint8Array) =>
    signData(gm, {
      contentType,
      content,
      certificate,
      privateKey: platform.privateKey,
      signedAt: new Date(clock()),
    });

  return {
    issueCredential({ signer, facts, validityMs = YEAR_MS, index }) {
      const id = new Uint8Array(ID_LEN);
      random(id);
      const { platformId, name, origin } = platform;
      const read = v.safeParse(registrationCredential, {
        format: REGISTRATION_CREDENTIAL_FORMAT,
        credentialId: encodeBase64Url(id),
        issuer: { platformId, name, origin },
        subject: { name: signer.subject.name, uscc: signer.subject.uscc },
        facts,
        issuedAt: instantOf(clock()),
        expiresAt: instantOf(clock() + validityMs),
        status: { list: platform.statusList, index },
      });
      if (!read.success) throw new RangeError(`"credential" expected another value at ${v.getDotPath(read.issues[0])}`);
      const der = seal(REGISTRATION_CREDENTIAL, new TextEncoder().encode(JSON.stringify(read.output)));
      if (der.length > limits.credentialLen) throw new RangeError(`"facts" expected fewer: ${der.length} bytes`);
      return { der, said: read.output };
    },
    issueStatusList({ sequence, revoked, lifeMs = LIST_LIFE_MS }) {
      const { platformId, statusList: list } = platform;
      const said = { list, platformId, sequence, issuedAt: clock(), nextUpdate: clock() + lifeMs, revoked };
      return seal(CREDENTIAL_STATUS_LIST, encodeStatusList(said));
    },
  };
}
