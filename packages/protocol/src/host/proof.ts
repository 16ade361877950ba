/**
 * The extension's proof that a request is its own: a signature over which program is meant, in which run of it, and what is asked.
 * docs/formats/host-pairing.md
 */
import * as v from "valibot";
import { canonicalJson } from "../canonical.ts";
import { publicPoint, signature } from "./identity.ts";

/** First entry of what a proof signs. ECDSA has no distinguishing id; the label keeps it apart from whatever else is signed. */
const PROOF_LABEL = "shared-certificate/host-request/v1";

/** Beside the request that it proves. */
export const requestProof = v.strictObject({
  /** The extension's public key, by which the program finds the pairing. */
  client: publicPoint,
  /** ECDSA with P-256 and SHA-256 over `encodeRequestStatement`, r ‖ s. */
  signature,
});

export type RequestProof = v.InferOutput<typeof requestProof>;

/** What a proof is about. */
export interface ProvedRequest {
  /** The program's public key and session, as it gave them in its answer to `status`; base64url. */
  readonly host: string;
  readonly session: string;
  readonly id: string;
  readonly operation: string;
  readonly params: unknown;
}

/** The bytes that a proof signs: UTF-8 of the canonical JSON of [label, host, session, id, operation, params]. */
export function encodeRequestStatement(request: ProvedRequest): Uint8Array<ArrayBuffer> {
  const { host, session, id, operation, params } = request;
  return new TextEncoder().encode(canonicalJson([PROOF_LABEL, host, session, id, operation, params]));
}
