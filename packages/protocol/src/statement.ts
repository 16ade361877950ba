/**
 * The bytes that a login token, a registration proof and the companion program's proof of itself sign. Each begins with a label of its own, which is also the SM2
 * distinguishing id (可辨别标识) of the signature: no other signature, ours or another vendor's, can be one.
 * docs/formats/login-token.md, docs/formats/registration-credential.md, docs/formats/host-pairing.md.
 */

/** First 27 bytes of what a login signs, ASCII, and the distinguishing id of its signature (GM/T 0009 clause 10). */
export const LOGIN_LABEL = "shared-certificate/login/v1";
/** The same of a registration, 34 bytes. */
export const REGISTRATION_LABEL = "shared-certificate/registration/v1";
/** The same of the companion program's answer to a challenge, 26 bytes. */
export const HOST_LABEL = "shared-certificate/host/v1";

/** The same of what the companion program says of a bid, 30 bytes. docs/formats/evidence.md */
export const EVIDENCE_LABEL = "shared-certificate/evidence/v1";

/** The id that GM/T 0009 clause 10 gives where nothing else is agreed; keys bound to it sign the `-default-id` formats. */
export const DEFAULT_DISTINGUISHING_ID = "1234567812345678";

/** Field `format` of a login token whose signature has {@link LOGIN_LABEL} as distinguishing id. */
export const LOGIN_FORMAT = "shared-certificate-login:1";
/** Of one whose key can only sign with {@link DEFAULT_DISTINGUISHING_ID}; a verifier refuses it unless told. */
export const LOGIN_FORMAT_DEFAULT_ID = `${LOGIN_FORMAT}-default-id` as const;
/** Field `format` of a registration proof whose signature has {@link REGISTRATION_LABEL} as distinguishing id. */
export const REGISTRATION_FORMAT = "shared-certificate-registration:1";
/** The same of a registration proof. */
export const REGISTRATION_FORMAT_DEFAULT_ID = `${REGISTRATION_FORMAT}-default-id` as const;

/** The 32-byte SM3 values that a statement is made of. */
export interface StatementDigests {
  /** SM3 of the browser's serialised origin, ASCII. */
  readonly origin: Uint8Array;
  /** SM3 of the nonce's decoded bytes. */
  readonly nonce: Uint8Array;
  /** SM3 of the signing certificate, DER. */
  readonly certificate: Uint8Array;
}

const DIGEST_LEN = 32;

function layOut(label: string, digests: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const statement = new Uint8Array(label.length + 1 + digests.length * DIGEST_LEN);
  for (let at = 0; at < label.length; at++) statement[at] = label.charCodeAt(at);
  digests.forEach((digest, index) => {
    if (digest.length !== DIGEST_LEN)
      throw new RangeError(`a digest of ${DIGEST_LEN} bytes expected, got ${digest.length}`);
    statement.set(digest, label.length + 1 + index * DIGEST_LEN);
  });
  return statement;
}

/** The 124 bytes that a login token signs: label ‖ 00 ‖ SM3(origin) ‖ SM3(nonce) ‖ SM3(certificate). */
export function encodeLoginStatement(digests: StatementDigests): Uint8Array<ArrayBuffer> {
  return layOut(LOGIN_LABEL, [digests.origin, digests.nonce, digests.certificate]);
}

/**
 * The 163 bytes that a registration proof signs: as for login with its own label, then SM3 of the credential's decoded
 * bytes (of nothing where there is no credential).
 */
export function encodeRegistrationStatement(
  digests: StatementDigests & { readonly credential: Uint8Array },
): Uint8Array<ArrayBuffer> {
  return layOut(REGISTRATION_LABEL, [digests.origin, digests.nonce, digests.certificate, digests.credential]);
}

/** The 63 bytes by which the companion program signs evidence of a bid: label ‖ 00 ‖ SM3(its canonical JSON). */
export function encodeEvidenceStatement(digest: Uint8Array): Uint8Array<ArrayBuffer> {
  return layOut(EVIDENCE_LABEL, [digest]);
}

/**
 * The 91 bytes by which the companion program proves that it has its identity key: label ‖ 00 ‖ SM3(challenge) ‖ SM3(session). The
 * public key is in Z already (GB/T 32918.2 clause 5.5).
 */
export function encodeHostStatement(digests: {
  /** SM3 of the 32 bytes that the extension drew. */
  readonly challenge: Uint8Array;
  /** SM3 of the 32 bytes that this run of the program drew. */
  readonly session: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  return layOut(HOST_LABEL, [digests.challenge, digests.session]);
}
