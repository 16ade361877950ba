/**
 * The identity (身份) of the companion program of one home folder: an SM2 key pair that it keeps for good. PINs are encrypted to it,
 * and with it the program proves that it is the one that the extension knows. docs/formats/host-pairing.md
 *
 * One pair does it all, and neither helps to misuse the other: what is signed begins with a label that is also its distinguishing id,
 * and what is decrypted is answered with nothing but whether it was a PIN for this consent.
 */
import type { Gm } from "@certbridge/gm";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { fingerprintOf } from "@certbridge/protocol/host/identity";
import {
  EVIDENCE_LABEL,
  HOST_LABEL,
  encodeEvidenceStatement,
  encodeHostStatement,
} from "@certbridge/protocol/statement";
import * as v from "valibot";
import type { Clock } from "./clock.ts";
import { instantOf } from "./clock.ts";
import { readIfThere, writeOnce, writeWhole } from "./disk.ts";

const FORMAT = "certbridge-identity:1";

const file = v.strictObject({
  format: v.literal(FORMAT),
  createdAt: v.string(),
  /** SM2, 32 bytes. The file is its owner's alone; no PIN can protect what has to open PINs. */
  privateKey: v.string(),
});

export interface Identity {
  /** 65 bytes, base64url. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Proves to whoever drew the challenge that this run of the program has the key. r ‖ s. */
  prove(challenge: Uint8Array, session: Uint8Array): Uint8Array;
  /** Signs evidence of a bid, whose canonical JSON has this SM3. r ‖ s. docs/formats/evidence.md */
  signEvidence(digest: Uint8Array): Uint8Array;
  /** What was encrypted to it; null where it was not. The caller wipes it. */
  open(sealed: Uint8Array): Uint8Array | null;
}

function identityOf(gm: Gm, privateKey: Uint8Array): Identity {
  const publicKey = gm.sm2PublicKey(privateKey);
  return {
    publicKey: encodeBase64Url(publicKey),
    fingerprint: fingerprintOf(gm.sm3(publicKey)),
    prove(challenge, session) {
      const statement = encodeHostStatement({ challenge: gm.sm3(challenge), session: gm.sm3(session) });
      return gm.sm2Sign(privateKey, statement, { id: HOST_LABEL });
    },
    signEvidence: (digest) => gm.sm2Sign(privateKey, encodeEvidenceStatement(digest), { id: EVIDENCE_LABEL }),
    open: (sealed) => gm.sm2Decrypt(privateKey, sealed),
  };
}

/** @throws OperationError STORE_DAMAGED */
function parseIdentity(gm: Gm, content: Buffer): Identity {
  try {
    const { privateKey } = v.parse(file, JSON.parse(content.toString("utf8")));
    return identityOf(gm, decodeBase64Url(privateKey));
  } catch (cause) {
    throw new OperationError("STORE_DAMAGED", undefined, { cause });
  }
}

/** The identity that is there; null where none is. @throws OperationError STORE_DAMAGED */
export async function readIdentity(gm: Gm, path: string): Promise<Identity | null> {
  const content = await readIfThere(path);
  return content === null ? null : parseIdentity(gm, content);
}

/**
 * The identity of this home, made where there is none. A damaged one is only replaced by `install`, since every extension that knew
 * the old one then asks its person.
 *
 * @throws OperationError STORE_DAMAGED
 */
export async function openIdentity(
  { gm, clock }: { readonly gm: Gm; readonly clock: Clock },
  path: string,
  damaged: "refuse" | "replace" = "refuse",
): Promise<Identity> {
  const present = await readIdentity(gm, path).catch((error: unknown) => {
    if (damaged === "replace" && OperationError.is(error, "STORE_DAMAGED")) return "damaged" as const;
    throw error;
  });
  if (present !== null && present !== "damaged") return present;
  const { privateKey } = gm.sm2KeyPair();
  const record = { format: FORMAT, createdAt: instantOf(clock()), privateKey: encodeBase64Url(privateKey) };
  const text = `${JSON.stringify(record)}\n`;
  if (present === "damaged") await writeWhole(path, text);
  // Of two programs that start at once, one makes it.
  else if (!(await writeOnce(path, text))) return openIdentity({ gm, clock }, path, damaged);
  return identityOf(gm, privateKey);
}
