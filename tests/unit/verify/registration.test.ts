import { demoBidders, obtainKeys, platformApplicants } from "@certbridge/demo/bidders";
import { signData, parseCertificate } from "@certbridge/pki";
import { CREDENTIAL_STATUS_LIST, GM_DATA, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { createVerifier } from "@certbridge/verify";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  createWorld,
  DAY_MS,
  DEFAULT_DISTINGUISHING_ID,
  gm,
  makeAnswer,
  OTHER_ORIGIN,
  OWNER,
  START,
  type World,
} from "./world.ts";

const utf8 = new TextEncoder();

/** Content of the test's own choice, signed by the issuing platform's key. */
function signAs(world: World, content: object, contentType = REGISTRATION_CREDENTIAL, detached = false): Uint8Array {
  return signData(gm, {
    contentType,
    content: utf8.encode(JSON.stringify(content)),
    detached,
    certificate: parseCertificate(world.platformKeys.signing),
    privateKey: world.platformKeys.signingKey,
    signedAt: new Date(START),
  });
}

const said = (world: World) =>
  world.maker.issueCredential({ signer: { subject: world.jianye.applicant }, facts: {}, index: 7 }).said;

describe("verifyRegistration", () => {
  test("without a credential", async () => {
    const world = createWorld();
    const { signer, credential } = await world.register(world.jianye, null);
    expect(signer.subject).toEqual(demoBidders.jianye);
    expect(credential).toBeNull();
  });

  test("with one: gives what its issuer verified", async () => {
    const world = createWorld();
    const { credential } = await world.register(world.jianye, world.credentialOf(world.jianye));
    expect(credential?.subject).toEqual(demoBidders.jianye);
    expect(credential?.facts).toEqual({ registrationDivision: "320100" });
    expect(credential?.issuer).toEqual({
      platformId: "demo-a",
      name: "江南公共资源交易平台（演示）",
      origin: OTHER_ORIGIN,
    });
  });

  test.each(["jiangnan", "lingbei"] as const)("a renewed certificate fits, by %s", async (authority) => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye);
    const renewed = obtainKeys(gm, world.authorities[authority], demoBidders.jianye);
    expect((await world.register(renewed, credential)).credential?.subject.uscc).toBe(demoBidders.jianye.uscc);
  });

  test("the proof covers the credential: another one, or none, in its place is refused", async () => {
    const world = createWorld();
    const [one, other] = [world.credentialOf(world.jianye, 1), world.credentialOf(world.jianye, 2)];
    for (const shown of [other, null]) {
      const answer = makeAnswer(world.jianye, world.nonce(), one);
      const { credential } = makeAnswer(world.jianye, "A".repeat(43), shown);
      expect(await codeOf(world.verifier.verifyRegistration({ ...answer, credential }, OWNER))).toBe(
        "SIGNATURE_INVALID",
      );
    }
  });

  test("an answer is good once, here, and now", async () => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye);
    const answer = makeAnswer(world.jianye, world.nonce(), credential);
    expect(await codeOf(world.verifier.verifyRegistration(answer, OWNER))).toBe("accepted");
    expect(await codeOf(world.verifier.verifyRegistration(answer, OWNER))).toBe("NONCE_MISSING");
    world.nonce();
    expect(await codeOf(world.verifier.verifyRegistration(answer, OWNER))).toBe("SIGNATURE_INVALID");
    expect(await codeOf(world.register(world.jianye, credential, { origin: OTHER_ORIGIN }))).toBe("SIGNATURE_INVALID");
    const expired = makeAnswer(world.jianye, world.nonce(), credential);
    world.setTime(START + 5 * 60_000);
    expect(await codeOf(world.verifier.verifyRegistration(expired, OWNER))).toBe("NONCE_EXPIRED");
  });

  test("the default id is refused here as well", async () => {
    const world = createWorld();
    const byDefault = { id: DEFAULT_DISTINGUISHING_ID, format: "shared-certificate-registration:1-default-id" };
    expect(await codeOf(world.register(world.jianye, null, byDefault))).toBe("DEFAULT_ID_REFUSED");
  });
});

describe("a credential", () => {
  test("of another bidder: whoever stole it has no use for it", async () => {
    const world = createWorld();
    expect(await codeOf(world.register(world.nanling, world.credentialOf(world.jianye)))).toBe(
      "CREDENTIAL_OF_ANOTHER_BIDDER",
    );
  });

  test.each([
    ["in force to the last millisecond", DAY_MS - 1, "accepted"],
    ["expired", DAY_MS, "CREDENTIAL_EXPIRED"],
    ["issued a minute ahead of our clock", -60_000, "accepted"],
    ["issued more than a minute ahead", -61_000, "CREDENTIAL_NOT_YET_VALID"],
  ])("%s", async (_what, later, code) => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye, 7, DAY_MS);
    world.setTime(START + later);
    world.served.statusList = async () => world.maker.issueStatusList({ sequence: 1, revoked: new Set() });
    expect(await codeOf(world.register(world.jianye, credential))).toBe(code);
  });

  test("by a platform that is not in the list, or in another's name", async () => {
    const world = createWorld();
    const stranger = obtainKeys(gm, world.authorities.jiangnan, platformApplicants.b);
    const request = { signer: { subject: world.jianye.applicant }, facts: {}, index: 7 };
    for (const maker of [
      world.makerOf(stranger),
      world.makerOf(stranger, "demo-c", "https://bid-c.demo.test"),
      world.makerOf(world.platformKeys, "demo-c"),
      world.makerOf(world.platformKeys, "demo-a", "https://bid-c.demo.test"),
    ]) {
      const { der } = maker.issueCredential(request);
      expect(await codeOf(world.register(world.jianye, der))).toBe("CREDENTIAL_UNTRUSTED");
    }
  });

  test.each([
    ["had ended", { notAfter: new Date(START - 1000) }],
    ["had not begun", { notBefore: new Date(START + 1000) }],
  ])("by a platform whose certificate %s when it signed", async (_what, validity) => {
    const world = createWorld();
    const keys = obtainKeys(gm, world.authorities.jiangnan, platformApplicants.a, {
      notBefore: new Date(START - 9 * DAY_MS),
      ...validity,
    });
    const [issuer] = world.trust.credentialIssuers;
    if (issuer === undefined) throw new Error("the world has an issuer");
    const verifier = createVerifier({
      ...world.usual,
      trust: { ...world.trust, credentialIssuers: [{ ...issuer, certificates: [keys.signing] }] },
    });
    const { der } = world.makerOf(keys).issueCredential({
      signer: { subject: world.jianye.applicant },
      facts: {},
      index: 7,
    });
    const answer = makeAnswer(world.jianye, world.nonce(), der);
    expect(await codeOf(verifier.verifyRegistration(answer, OWNER))).toBe("CREDENTIAL_UNTRUSTED");
  });

  test("altered anywhere is refused; outside what is signed it may at most still say the same", async () => {
    const world = createWorld();
    const der = world.credentialOf(world.jianye);
    const genuine = (await world.register(world.jianye, der)).credential;
    const codes = new Set<string>();
    for (let at = 0; at < der.length; at += 11) {
      const altered = new Uint8Array(der);
      altered[at] = (altered[at] ?? 0) ^ 1;
      const shown = world.register(world.jianye, altered);
      const code = await codeOf(shown);
      codes.add(code);
      if (code === "accepted") expect((await shown).credential).toEqual(genuine);
    }
    codes.delete("accepted");
    expect([...codes].filter((code) => !code.startsWith("CREDENTIAL_"))).toEqual([]);
  });

  test.each([
    ["an unknown key", (world: World) => signAs(world, { ...said(world), extra: 1 }), "CREDENTIAL_MALFORMED"],
    [
      "two years of life",
      (world: World) => signAs(world, { ...said(world), expiresAt: "2028-11-23T09:00:00Z" }),
      "CREDENTIAL_MALFORMED",
    ],
    [
      "a code with a wrong check digit",
      (world: World) => signAs(world, { ...said(world), subject: { name: "某公司", uscc: `${"1".repeat(17)}2` } }),
      "CREDENTIAL_MALFORMED",
    ],
    ["no JSON", (world: World) => signAs(world, [1, 2]), "CREDENTIAL_MALFORMED"],
    [
      "its content left outside",
      (world: World) => signAs(world, said(world), REGISTRATION_CREDENTIAL, true),
      "CREDENTIAL_MALFORMED",
    ],
    [
      "a document's content type",
      (world: World) => signAs(world, said(world), GM_DATA),
      "CREDENTIAL_SIGNATURE_INVALID",
    ],
    [
      "a status list's content type",
      (world: World) => signAs(world, said(world), CREDENTIAL_STATUS_LIST),
      "CREDENTIAL_SIGNATURE_INVALID",
    ],
    ["garbage", () => Uint8Array.of(0x30, 0), "CREDENTIAL_MALFORMED"],
  ])("with %s is refused", async (_what, make, code) => {
    const world = createWorld();
    const found = await codeOf(world.register(world.jianye, make(world)));
    expect(found).toBe(code);
  });
});

describe("issueCredential", () => {
  const request = (world: World) => ({ signer: { subject: world.jianye.applicant }, facts: {}, index: 7 });

  test.each([
    ["a life of more than a year", { validityMs: 367 * DAY_MS }],
    ["an index beyond the list", { index: 0x1_00_00_00 }],
    ["a fact of no name", { facts: { "": "x" } }],
    ["a fact that is too long", { facts: { a: "x".repeat(1025) } }],
    [
      "more facts than eight kilobytes",
      { facts: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, "x".repeat(1000)])) },
    ],
  ])("refuses %s", (_what, change) => {
    const world = createWorld();
    expect(() => world.maker.issueCredential({ ...request(world), ...change })).toThrow(RangeError);
  });

  test("gives each its own id", () => {
    const world = createWorld();
    const ids = [1, 2].map(() => world.maker.issueCredential(request(world)).said.credentialId);
    expect(new Set(ids).size).toBe(2);
  });
});
