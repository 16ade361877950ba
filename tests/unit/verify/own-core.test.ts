import { createVerifier } from "@certbridge/verify";
import { expect, test } from "vitest";
import { codeOf, createWorld, makeAnswer, makeToken, OWNER } from "./world.ts";

/** A verifier that was given no cryptography loads it by itself, at the first use. */
function createOwn() {
  const world = createWorld();
  const { gm: _none, ...options } = world.usual;
  return { ...world, own: createVerifier(options) };
}

test("logs in, registers, and refuses, as one that was given it", async () => {
  const { own, jianye, nonce, credentialOf, verifier } = createOwn();
  const token = makeToken(jianye, nonce());
  expect((await own.verifyLogin(token, OWNER)).subject).toEqual(jianye.applicant);
  expect(await codeOf(verifier.verifyLogin(token, OWNER))).toBe("NONCE_MISSING");
  const answer = makeAnswer(jianye, nonce(), credentialOf(jianye));
  expect((await own.verifyRegistration(answer, OWNER)).credential?.subject).toEqual(jianye.applicant);
  expect(await codeOf(own.verifyLogin(makeToken(jianye, "A".repeat(43)), OWNER))).toBe("NONCE_MISSING");
  nonce();
  expect(await codeOf(own.verifyLogin(makeToken(jianye, "A".repeat(43)), OWNER))).toBe("SIGNATURE_INVALID");
  expect(await codeOf(own.verifySignature(Uint8Array.of(0x30, 0)))).toBe("SIGNATURE_MALFORMED");
});

test("uses the nonce up before it waits for anything", async () => {
  const { own, jianye, nonce } = createOwn();
  const token = makeToken(jianye, nonce());
  const codes = await Promise.all([0, 1].map(() => codeOf(own.verifyLogin(token, OWNER))));
  expect(codes).toEqual(["accepted", "NONCE_MISSING"]);
});
