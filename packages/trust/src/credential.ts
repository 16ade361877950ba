/**
 * Reading a registration credential (登记凭证): what it says, once its signature holds by the certificate that it carries. Whether
 * that certificate is a platform's, and whether the credential is in force, is for whoever asked to judge.
 * docs/formats/registration-credential.md
 */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  isUscc,
  parseSignedData,
  ProofError,
  type VerifiedSignedData,
  verifySignedData,
} from "@certbridge/pki";
import { REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { type RegistrationCredential, registrationCredential } from "@certbridge/protocol/credential";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";

/** A credential as it was read. */
export interface SignedCredential {
  readonly said: RegistrationCredential;
  /** GM/T 0010 SignedData, DER, at most limits.credentialLen. */
  readonly der: Uint8Array;
  /** Whose key signed it; nobody has vouched for it yet. */
  readonly signer: Certificate;
  /** What the signer's clock said; null where the message names no instant. */
  readonly signedAt: Date | null;
}

function malformed(cause?: unknown): OperationError {
  return new OperationError("MALFORMED", { what: "credential" }, { cause });
}

/**
 * @throws ProofError where the signature does not hold, or the message is of another kind · OperationError MALFORMED where it is no
 *   such message, or says what no credential may say
 */
export function readCredential(gm: Pick<Gm, "sm2Verify" | "sm3">, der: Uint8Array): SignedCredential {
  if (der.length > limits.credentialLen) throw malformed();
  const { content, signer, signedAt } = open(gm, der);
  if (content === null) throw malformed();
  return { said: parseContent(content), der, signer, signedAt };
}

/** A message whose content stayed outside is none of this kind, rather than one with other content. */
function open(gm: Pick<Gm, "sm2Verify" | "sm3">, der: Uint8Array): VerifiedSignedData {
  try {
    return verifySignedData(gm, der, { contentType: REGISTRATION_CREDENTIAL });
  } catch (error) {
    const isDetached = error instanceof ProofError && parseSignedData(der).content === null;
    throw isDetached && error.code === "CONTENT_MISMATCH" ? malformed(error) : error;
  }
}

function parseContent(content: Uint8Array): RegistrationCredential {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    const said = v.parse(registrationCredential, JSON.parse(text));
    if (isUscc(said.subject.uscc)) return said;
  } catch (error) {
    throw malformed(error);
  }
  throw malformed();
}
