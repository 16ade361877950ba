/**
 * The local clock against a signed time (本机时间核对): a fresh stamp of a time-stamping authority that the registry names, RFC 3161 clause 3.4 and
 * GM/T 0033. It is asked for the stamp of random bytes, and learns nothing but that somebody asked.
 */
import type { Gm } from "@certbridge/gm";
import { createTimeStampRequest, parseTimeStampResponse, verifyTimeStampToken } from "@certbridge/pki";
import type { Registry } from "@certbridge/trust";
import type { Clock } from "./clock.ts";
import type { FetchBytes } from "./fetch-bytes.ts";
import type { Random } from "./random.ts";

/** Of a response, its certificates with it. Bytes. */
const RESPONSE_LEN = 256 * 1024;
const NONCE_LEN = 16;
const RANDOM_LEN = 32;

/** Milliseconds, negative where the local clock is behind. Null: the registry names nobody to ask. */
export type ClockError = number | "unreachable" | null;

export interface SignedClock {
  ask(): Promise<ClockError>;
}

export function openSignedClock(options: {
  readonly gm: Pick<Gm, "sm2Verify" | "sm3">;
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: Registry;
  readonly fetchBytes: FetchBytes;
}): SignedClock {
  const { gm, clock, random, registry, fetchBytes } = options;
  const { timeStampUrls = [], timeStampKeysSm3: trusted = [], networkChecks = true } = registry;

  async function askAt(url: string): Promise<number> {
    const imprint = gm.sm3(random(RANDOM_LEN));
    const nonce = random(NONCE_LEN);
    const body = { type: "application/timestamp-query", content: createTimeStampRequest(imprint, nonce) };
    const askedAt = clock();
    const answer = parseTimeStampResponse(await fetchBytes({ url, body, maxLen: RESPONSE_LEN }));
    const answeredAt = clock();
    if (answer.status !== "granted") throw new Error("no stamp was made");
    const { genTime } = verifyTimeStampToken(gm, answer.token, { imprint, nonce, trusted });
    // It was stamped between the two: what cannot be told apart from the way there and back is no error of the clock.
    const at = genTime.getTime();
    if (at < askedAt) return askedAt - at;
    return at > answeredAt ? answeredAt - at : 0;
  }

  return {
    async ask() {
      if (!networkChecks || timeStampUrls.length === 0) return null;
      try {
        return await Promise.any(timeStampUrls.map(askAt));
      } catch {
        return "unreachable";
      }
    },
  };
}
