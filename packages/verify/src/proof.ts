/**
 * The signed statements of login and registration: a token's fields, the server's own origin and its own nonce, and one SM2
 * signature under the statement's label. docs/formats/login-token.md, docs/formats/registration-credential.md
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseCertificate, sameBytes } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { LoginToken } from "@certbridge/protocol/page/login";
import type { RegistrationProof } from "@certbridge/protocol/page/register";
import {
  DEFAULT_DISTINGUISHING_ID,
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_FORMAT,
  LOGIN_LABEL,
  REGISTRATION_FORMAT,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import { PolicyError, VerificationError } from "./errors.ts";

/** What the server knows by itself. */
export interface Expected {
  readonly origin: string;
  /** Decoded bytes. */
  readonly nonce: Uint8Array;
  /** For a registration: the credential's bytes, none where there is none. */
  readonly credential?: Uint8Array;
}

/** The certificate whose key made the statement, and those that came along. Who that is remains to be asked. */
export interface Holder {
  readonly certificate: Certificate;
  readonly brought: readonly Certificate[];
}

function readCertificates(
  { certificate, chain = [] }: LoginToken | RegistrationProof,
  known: readonly Certificate[],
): Holder {
  /** What this server has read before needs no second reading. */
  const parse = (text: string) => {
    const der = decodeBase64Url(text);
    return known.find((one) => sameBytes(one.der, der)) ?? parseCertificate(der);
  };
  try {
    return { certificate: parse(certificate), brought: chain.map(parse) };
  } catch (error) {
    throw new VerificationError("TOKEN_MALFORMED", "a certificate that cannot be read", { cause: error });
  }
}

function encodeStatement(gm: Gm, token: LoginToken | RegistrationProof, { origin, nonce, credential }: Expected) {
  const digests = {
    origin: gm.sm3(new TextEncoder().encode(origin)),
    nonce: gm.sm3(nonce),
    certificate: gm.sm3(decodeBase64Url(token.certificate)),
  };
  return credential === undefined
    ? encodeLoginStatement(digests)
    : encodeRegistrationStatement({ ...digests, credential: gm.sm3(credential) });
}

/**
 * Verifies the one signature of a token or proof.
 *
 * @param server.allowDefaultId whether keys that can only sign with the default distinguishing id are taken
 * @param server.known          certificates of CAs, already read
 * @throws VerificationError TOKEN_MALFORMED, SIGNATURE_INVALID · PolicyError DEFAULT_ID_REFUSED
 */
export function verifyStatement(
  gm: Gm,
  token: LoginToken | RegistrationProof,
  expected: Expected,
  server: { readonly allowDefaultId: boolean; readonly known: readonly Certificate[] },
): Holder {
  const ownId = token.format === LOGIN_FORMAT || token.format === REGISTRATION_FORMAT;
  if (!ownId && !server.allowDefaultId) throw new PolicyError("DEFAULT_ID_REFUSED");
  const label = expected.credential === undefined ? LOGIN_LABEL : REGISTRATION_LABEL;
  const holder = readCertificates(token, server.known);
  const statement = encodeStatement(gm, token, expected);
  const id = ownId ? label : DEFAULT_DISTINGUISHING_ID;
  if (!gm.sm2Verify(holder.certificate.publicKey, statement, decodeBase64Url(token.signature), { id })) {
    throw new VerificationError("SIGNATURE_INVALID");
  }
  return holder;
}
