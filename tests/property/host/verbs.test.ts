/** The program's own rooms behind its door: whatever is asked, they answer by a code, never by a fault of their own. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { type HostVerb, hostVerbNames } from "@certbridge/protocol/host";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileValues } from "../../support/malformed/json.ts";
import { credential, hostSamples } from "../../support/malformed/samples.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { openProgram } from "../../support/program.ts";

const program = await openProgram();
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
};

/** Params of a verb, altered; credentials are altered as the bytes that they are, too. */
const asked = fc.constantFrom(...hostVerbNames).chain((verb) => {
  const altered = hostileValues([samples[verb]]).map((params) => ({ verb, params }));
  if (verb !== "readCredential" && verb !== "saveCredential") return altered;
  const crafted = hostileBytes([credential]).map((der) => ({
    verb,
    params: { ...samples[verb], credential: encodeBase64Url(der) },
  }));
  return fc.oneof(altered, crafted);
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
    expect([...codes]).toEqual(expect.arrayContaining(["ok", "KEY_NOT_FOUND", "MALFORMED"]));
  },
  timeoutMs,
);
