/** Profiles of vendors' libraries, as data. */
import { deviceProfile } from "@certbridge/trust";
import * as v from "valibot";
import { expect, test } from "vitest";

const before = { layout: { ulongLen: 4, packing: "packed" }, signInput: "digest" };

test("one of two fields, as they were written first, says what the standard says of the others", () => {
  expect(v.parse(deviceProfile, before)).toEqual({
    ...before,
    algorithms: "2012",
    sessionKey: "blob",
    decrypt: "none",
    envelopedPlainLen: 64,
    strings: "auto",
    wait: "blocking",
    callConvention: "cdecl",
    architecture: null,
    names: {},
    evidence: {},
  });
});

test("what was read is read again as the same", () => {
  const profile = v.parse(deviceProfile, {
    ...before,
    sessionKey: "none",
    decrypt: "B",
    architecture: "x64",
    names: { SKF_CloseHandle: "SKF_DestroyKey" },
    evidence: { decrypt: "self-test", names: "exports" },
  });
  expect(v.parse(deviceProfile, JSON.parse(JSON.stringify(profile)))).toEqual(profile);
});

test.each([
  ["a field that nobody knows", { pin: "1234" }],
  ["a name that is no function of SKF", { names: { SKF_CloseHandle: "system" } }],
  ["a way that there is not", { decrypt: "E" }],
  ["a processor that there is not", { architecture: "z80" }],
  ["evidence for no field", { evidence: { pin: "probe" } }],
  ["evidence of hearsay", { evidence: { decrypt: "hearsay" } }],
])("%s is refused", (_, change) => {
  expect(v.is(deviceProfile, { ...before, ...change })).toBe(false);
});
