/** The program's own rooms behind its door: whatever is asked, they answer by a code, never by a fault of their own. */
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { type HostVerb, hostVerbNames } from "@certbridge/protocol/host";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileValues } from "../../support/malformed/json.ts";
import { bidding, hostSamples } from "../../support/malformed/samples.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { openProgram } from "../../support/program.ts";

/** It knows the samples' platform, so that what comes is looked at behind the signature, too. */
const program = await openProgram((own) => own, {
  platforms: bidding.registry.platforms,
  timeStampKeysSm3: bidding.registry.timeStampKeysSm3 ?? [],
});
afterAll(() => program.remove());

async function codeOf(verb: HostVerb, params: unknown): Promise<ErrorCode | "ok"> {
  try {
    await program.call(verb, params as never);
    return "ok";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    // Nested deeper than the extension itself could send.
    if (error instanceof RangeError) return "INVALID_REQUEST";
    throw error;
  }
}

/** Where a key is only looked at, the one that is there; elsewhere one that is nobody's. */
const samples = {
  ...hostSamples,
  readCredential: { ...hostSamples.readCredential, keyId: program.keyId },
  saveCredential: { ...hostSamples.saveCredential, keyId: program.keyId },
  prepareBid: { ...hostSamples.prepareBid, keyId: program.keyId },
};

/** Where the bytes of a message stand. */
const messages: Partial<Record<HostVerb, readonly string[]>> = {
  readCredential: ["credential"],
  saveCredential: ["credential"],
  readNotice: ["notice"],
  prepareBid: ["notice"],
  beginBid: ["notice", "header", "keyBlock"],
  updateNotice: ["notice"],
  saveReceipt: ["receipt"],
  readOrder: ["order", "keyBlock"],
  releaseKey: ["order", "keyBlock"],
  releaseBackup: ["order", "keyBlock"],
};

/** Params of a verb, altered; messages are altered as the bytes that they are, too. */
const asked = fc.constantFrom(...hostVerbNames).chain((verb) => {
  const sample: Readonly<Record<string, unknown>> = { ...samples[verb] };
  const altered = hostileValues([sample]).map((params) => ({ verb, params }));
  const crafted = (messages[verb] ?? []).map((name) =>
    hostileBytes([decodeBase64Url(String(sample[name]))]).map((bytes) => ({
      verb,
      params: { ...sample, [name]: encodeBase64Url(bytes) },
    })),
  );
  return fc.oneof(altered, ...crafted);
});

test(
  "answers are results or codes that name what was wrong",
  async () => {
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(asked, async ({ verb, params }) => {
        const code = await codeOf(verb, params);
        codes.add(code);
        expect(["INTERNAL", "STORE_DAMAGED"]).not.toContain(code);
      }),
      cases(1000, 300_000),
    );
    // The rooms were reached, not only the door.
    expect([...codes]).toEqual(expect.arrayContaining(["ok", "KEY_NOT_FOUND", "MALFORMED", "PLATFORM_UNPROVED"]));
  },
  timeoutMs,
);
