/**
 * Makes the files `tests/vectors/*-edges.json`: the cases that a signature, a ciphertext or a counter meets once in 2²⁵⁶ times, or 2¹²⁸,
 * solved for instead of searched, with the slow oracles. A test keeps the files and this program equal.
 */
import { decryptCases } from "./decrypt-edges.ts";
import { forgedDecryptCases } from "./decrypt-edges-forged.ts";
import { d, num } from "./edge-example.ts";
import { decryptNotes, gcmNotes, macNotes, verifyNotes } from "./edge-notes.ts";
import { gcmCases } from "./gcm-edges.ts";
import { macCases } from "./hmac-edges.ts";
import { verifyCases } from "./verify-edges.ts";
import { forgedVerifyCases } from "./verify-edges-forged.ts";

/** A file with one group of cases. */
function fileOf<Notes, Group extends object, Case>(
  algorithm: string,
  notes: Notes,
  group: Group,
  cases: readonly Case[],
) {
  return {
    algorithm,
    source: "tests/support/oracles/edge-vectors.ts",
    numberOfTests: cases.length,
    notes,
    testGroups: [{ ...group, tests: cases.map((each, i) => ({ tcId: i + 1, ...each })) }],
  };
}

/** All files as they should read. */
export function edgeVectors() {
  const decryptGroup = { type: "Sm2Decrypt", layout: "04 C1 C3 C2", privateKey: num(d) };
  const verify = [...verifyCases(), ...forgedVerifyCases()];
  return {
    "sm2-verify-edges.json": fileOf("SM2", verifyNotes, { type: "Sm2VerifyDigest" }, verify),
    "sm2-decrypt-edges.json": fileOf("SM2", decryptNotes, decryptGroup, [...decryptCases(), ...forgedDecryptCases()]),
    "sm4-gcm-edges.json": fileOf("SM4-GCM", gcmNotes, { type: "AeadTest" }, gcmCases()),
    "hmac-sm3-edges.json": fileOf("HMACSM3", macNotes, { type: "MacTest" }, macCases()),
  };
}
