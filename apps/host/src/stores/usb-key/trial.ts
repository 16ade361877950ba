/**
 * Trials of a key that is open: a signature over a message of our own, and a key block that we made for its encryption key. What comes of them is judged here by
 * our own core, of which the key and its library know nothing.
 */
import { randomBytes } from "node:crypto";
import type { Gm } from "@certbridge/gm";
import { sameBytes } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import { deviceError } from "./failures.ts";
import { profileOf, type Way, ways, waysOf } from "./quirks.ts";
import { cipherPartsOf } from "./structures.ts";
import type { Supervisor } from "./supervisor.ts";
import type { TokenVerb, TokenVerbs } from "./wire.ts";

/** Bytes of the message that is signed, and of the content of a key block. */
const TEST_LEN = 64;
const BLOCK_LEN = 16;

/** Has a worker do something. @throws OperationError DEVICE_REMOVED, DEVICE_BUSY, DEVICE_FAILED, DRIVER_FAILED */
export type Ask = <V extends TokenVerb>(verb: V, params: TokenVerbs[V]["params"]) => Promise<TokenVerbs[V]["result"]>;

export const askOf =
  (supervisor: Supervisor): Ask =>
  async (verb, params) => {
    try {
      return await supervisor.call(verb, params);
    } catch (error) {
      throw deviceError(error);
    }
  };

type SignInput = DeviceProfile["signInput"];

/** Which of these ECCSignData takes; null where no signature holds. */
export async function findSignInput(
  gm: Gm,
  ask: Ask,
  session: number,
  publicKey: Uint8Array,
  order: readonly SignInput[] = ["digest", "message"],
): Promise<SignInput | null> {
  const message = randomBytes(TEST_LEN);
  const digest = gm.sm3(Buffer.concat([gm.za(publicKey, DEFAULT_DISTINGUISHING_ID), message]));
  const inputs = { digest, message } as const;
  for (const signInput of order) {
    try {
      const signature = await ask("sign", { session, input: inputs[signInput] });
      if (gm.sm2Verify(publicKey, message, signature, { id: DEFAULT_DISTINGUISHING_ID })) return signInput;
    } catch (error) {
      if (!OperationError.is(error, "DEVICE_FAILED")) throw error;
    }
  }
  return null;
}

/** A session, and how to get another one after it ended with its worker. */
export interface Seat {
  session: number;
  reopen(): Promise<number>;
}

const isCrash = (error: unknown): boolean =>
  OperationError.is(error, "DRIVER_FAILED") && ["ended", "hung"].includes(error.details?.fault ?? "");

/** The first of these ways by which the key opens a block that was made for this encryption key; null where it is none. */
export async function findWay(
  gm: Gm,
  ask: Ask,
  seat: Seat,
  publicKey: Uint8Array,
  order: readonly Way[] = ways,
): Promise<Way | null> {
  const [fileKey, iv, plain] = [randomBytes(BLOCK_LEN), randomBytes(BLOCK_LEN), randomBytes(TEST_LEN)];
  const key = cipherPartsOf(gm.sm2Encrypt(publicKey, fileKey));
  const content = gm.sm4CbcEncrypt(fileKey, iv, plain);
  for (const way of order) {
    try {
      const opened = await ask("decrypt", { session: seat.session, key, iv, content, way });
      if (sameBytes(opened.subarray(0, TEST_LEN), plain)) return way;
    } catch (error) {
      if (isCrash(error)) seat.session = await seat.reopen();
      else if (!OperationError.is(error, "DEVICE_FAILED")) throw error;
    }
  }
  return null;
}

/** How the key opens a block, where its profile does not say so; null where it opens none. A key that had no pair could not be tried at enrolment. */
export async function learnWay(
  gm: Gm,
  ask: Ask,
  seat: Seat,
  profile: DeviceProfile,
  publicKey: Uint8Array,
): Promise<Partial<DeviceProfile> | null> {
  const known = waysOf(profile);
  const way = await findWay(gm, ask, seat, publicKey, [...known, ...ways.filter((one) => !known.includes(one))]);
  if (way === null) return null;
  return known.includes(way) ? {} : profileOf(way);
}

/** What ECCSignData takes, where the profile does not say so; null where no signature holds. */
export async function learnSignInput(
  gm: Gm,
  ask: Ask,
  session: number,
  { signInput }: DeviceProfile,
  publicKey: Uint8Array,
): Promise<Partial<DeviceProfile> | null> {
  const found = await findSignInput(gm, ask, session, publicKey, [
    signInput,
    signInput === "digest" ? "message" : "digest",
  ]);
  if (found === null) return null;
  return found === signInput ? {} : { signInput: found };
}

/** A profile with what was found while something was brought in. */
export function learned(profile: DeviceProfile, found: Partial<DeviceProfile>): DeviceProfile {
  const evidence = { ...profile.evidence };
  for (const field of Object.keys(found) as (keyof typeof evidence)[]) evidence[field] = "import";
  return { ...profile, ...found, evidence };
}
