import { createHash } from "node:crypto";
import type { ForeignHash } from "@certbridge/pki";

/** SHA-1 and SHA-256, as Node has them. */
export const foreignHash: ForeignHash = (algorithm, bytes) =>
  new Uint8Array(createHash(algorithm.replace("-", "").toLowerCase()).update(bytes).digest());
