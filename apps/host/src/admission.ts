/**
 * Who gets further than `status`: the browser's argument says on whose behalf the program was started, and any program can say the
 * same. So each request carries a proof by the key of an extension that was paired. docs/formats/host-pairing.md
 */
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { encodeRequestStatement } from "@certbridge/protocol/host/proof";
import type { RequestProof } from "@certbridge/protocol/host/proof";
import type { Pairings } from "./pairings.ts";

const COORDINATE_LEN = 32;

/** A request as it came, before anything in its params was looked at. */
export interface Asked {
  readonly id: string;
  readonly operation: string;
  readonly params: unknown;
  readonly proof?: RequestProof | undefined;
}

/** Lets a request in. @throws OperationError NOT_PAIRED, INVALID_REQUEST where it came before in this run */
export type Admit = (asked: Asked) => Promise<void>;

/** P-256 from its point; null where it is none. */
function readKey(client: string): KeyObject | null {
  const point = decodeBase64Url(client);
  const x = encodeBase64Url(point.subarray(1, 1 + COORDINATE_LEN));
  const y = encodeBase64Url(point.subarray(1 + COORDINATE_LEN));
  try {
    return point[0] === 4 ? createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } }) : null;
  } catch {
    return null;
  }
}

/** @param host the identity's public key, and this run's session: a proof names both, so that it holds for no other */
export function createAdmission(
  host: { readonly publicKey: string; readonly session: string },
  pairings: Pick<Pairings, "knows">,
): Admit {
  const keys = new Map<string, KeyObject | null>();
  const seen = new Set<string>();

  function isProved({ proof, ...request }: Asked & { readonly proof: RequestProof }): boolean {
    const { client, signature } = proof;
    const key = keys.get(client) ?? readKey(client);
    if (key === null) return false;
    keys.set(client, key);
    const statement = encodeRequestStatement({ host: host.publicKey, session: host.session, ...request });
    return verify("sha256", statement, { key, dsaEncoding: "ieee-p1363" }, decodeBase64Url(signature));
  }

  return async ({ id, operation, params, proof }) => {
    // Removed pairings end at once, so the file is asked each time.
    if (proof === undefined || !(await pairings.knows(proof.client)) || !isProved({ id, operation, params, proof })) {
      throw new OperationError("NOT_PAIRED");
    }
    if (seen.has(id)) throw new OperationError("INVALID_REQUEST", { path: "id" });
    seen.add(id);
  };
}
