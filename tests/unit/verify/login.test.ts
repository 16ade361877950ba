import { demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import { createNonceMemory, createNonces, createVerifier } from "@certbridge/verify";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  createWorld,
  DAY_MS,
  DEFAULT_DISTINGUISHING_ID,
  gm,
  makeToken,
  ORIGIN,
  OTHER_ORIGIN,
  OWNER,
  START,
} from "./world.ts";

describe("verifyLogin", () => {
  test("gives the bidder, the path and the state of its certificate", async () => {
    const world = createWorld();
    const signer = await world.login(world.jianye);
    expect(signer.subject).toEqual(demoBidders.jianye);
    expect(signer.chain.map(({ subject }) => subject.commonName)).toEqual([
      "江南建业工程有限公司（演示）",
      "江南数字证书认证中心（演示） 企业证书",
      "江南数字证书认证中心（演示） 根",
    ]);
    expect(signer.revocation).toBe("good");
  });

  test("reads the code where the second CA writes it", async () => {
    const world = createWorld();
    expect((await world.login(world.nanling)).subject).toEqual(demoBidders.nanling);
  });

  test("needs no chain for a CA that it knows", async () => {
    const world = createWorld();
    expect(await codeOf(world.login(world.jianye, { chain: [] }))).toBe("accepted");
  });

  test("takes a chain that brings the root along", async () => {
    const world = createWorld();
    expect(await codeOf(world.login(world.jianye, { chain: world.jianye.chain }))).toBe("accepted");
  });
});

describe("nonces", () => {
  test("a token for another nonce is refused", async () => {
    const world = createWorld();
    const early = world.nonce();
    const token = makeToken(world.jianye, early);
    world.nonce();
    expect(await codeOf(world.verifier.verifyLogin(token, OWNER))).toBe("SIGNATURE_INVALID");
  });

  test("a token is good once", async () => {
    const world = createWorld();
    const token = makeToken(world.jianye, world.nonce());
    expect(await codeOf(world.verifier.verifyLogin(token, OWNER))).toBe("accepted");
    expect(await codeOf(world.verifier.verifyLogin(token, OWNER))).toBe("NONCE_MISSING");
  });

  test.each([
    ["a millisecond before its end", -1, "accepted"],
    ["at its end", 0, "NONCE_EXPIRED"],
  ])("five minutes: %s", async (_when, offset, code) => {
    const world = createWorld();
    const token = makeToken(world.jianye, world.nonce());
    world.setTime(START + 5 * 60_000 + offset);
    expect(await codeOf(world.verifier.verifyLogin(token, OWNER))).toBe(code);
  });

  test("another session's is none here", async () => {
    const world = createWorld();
    const token = makeToken(world.jianye, world.nonce());
    const elsewhere = { session: "session-two", origin: ORIGIN };
    expect(await codeOf(world.verifier.verifyLogin(token, elsewhere))).toBe("NONCE_MISSING");
    world.nonces.issue(elsewhere);
    expect(await codeOf(world.verifier.verifyLogin(token, elsewhere))).toBe("SIGNATURE_INVALID");
  });

  test.each([
    ["a broken token", "not a token", "TOKEN_MALFORMED"],
    ["a forged one", null, "SIGNATURE_INVALID"],
  ])("%s uses it up", async (_what, posted, code) => {
    const world = createWorld();
    const good = makeToken(world.jianye, world.nonce());
    const forged = makeToken(world.jianye, "A".repeat(43));
    expect(await codeOf(world.verifier.verifyLogin(posted ?? forged, OWNER))).toBe(code);
    expect(await codeOf(world.verifier.verifyLogin(good, OWNER))).toBe("NONCE_MISSING");
  });

  test("two attempts at once share one nonce: one of them fails", async () => {
    const world = createWorld();
    const token = makeToken(world.jianye, world.nonce());
    const codes = await Promise.all([0, 1].map(() => codeOf(world.verifier.verifyLogin(token, OWNER))));
    expect(codes.toSorted()).toEqual(["NONCE_MISSING", "accepted"]);
  });

  test("memory is bounded: the oldest give way", () => {
    const nonces = createNonces({ store: createNonceMemory(2) });
    for (const session of ["a", "b", "c"]) nonces.issue({ session, origin: ORIGIN });
    expect(() => nonces.consume({ session: "a", origin: ORIGIN })).toThrow("NONCE_MISSING");
    expect(nonces.consume({ session: "b", origin: ORIGIN })).toHaveLength(32);
    expect(nonces.consume({ session: "c", origin: ORIGIN })).toHaveLength(32);
  });

  test("a session's name cannot be mistaken for another's", () => {
    const nonces = createNonces();
    nonces.issue({ session: `a","${ORIGIN}`, origin: ORIGIN });
    expect(() => nonces.consume({ session: "a", origin: `${ORIGIN}","${ORIGIN}` })).toThrow("NONCE_MISSING");
    expect(() => nonces.issue({ session: "", origin: ORIGIN })).toThrow(RangeError);
  });
});

describe("what a login token may not be", () => {
  test("for another origin", async () => {
    const world = createWorld();
    expect(await codeOf(world.login(world.jianye, { origin: OTHER_ORIGIN }))).toBe("SIGNATURE_INVALID");
  });

  test("asked about an origin that the server is not", async () => {
    const world = createWorld();
    const owner = { session: OWNER.session, origin: OTHER_ORIGIN };
    const token = makeToken(world.jianye, world.nonces.issue(owner), { origin: OTHER_ORIGIN });
    expect(await codeOf(world.verifier.verifyLogin(token, owner))).toBe("ORIGIN_UNKNOWN");
  });

  test("by an unknown CA", async () => {
    const world = createWorld();
    const stranger = createWorld().jianye;
    expect(await codeOf(world.login(stranger, { chain: [] }))).toBe("CHAIN_UNTRUSTED");
    const alone = createVerifier({
      ...world.usual,
      trust: { ...world.trust, authorities: { ...world.trust.authorities, anchors: [world.authorities.lingbei.root] } },
    });
    expect(await codeOf(alone.verifyLogin(makeToken(world.jianye, world.nonce()), OWNER))).toBe("CHAIN_UNTRUSTED");
  });

  test("by a CA of the same name with another key", async () => {
    const world = createWorld();
    expect(await codeOf(world.login(createWorld().jianye))).toBe("CHAIN_UNTRUSTED");
  });

  test.each([
    ["expired", { notAfter: new Date(START - 1000) }, "CERTIFICATE_EXPIRED"],
    ["not yet valid", { notBefore: new Date(START + DAY_MS) }, "CERTIFICATE_NOT_YET_VALID"],
  ] as const)("with a certificate that is %s", async (_what, validity, code) => {
    const world = createWorld();
    const keys = obtainKeys(gm, world.authorities.jiangnan, demoBidders.jianye, {
      notBefore: new Date(START - 9 * DAY_MS),
      ...validity,
    });
    expect(await codeOf(world.login(keys))).toBe(code);
  });

  test("with a revoked certificate", async () => {
    const world = createWorld();
    world.authorities.jiangnan.revoke(world.jianye.signing);
    expect(await codeOf(world.login(world.jianye))).toBe("CERTIFICATE_REVOKED");
  });

  test("made with the encryption key", async () => {
    const world = createWorld();
    expect(await codeOf(world.login(world.jianye, { encryption: true }))).toBe("CERTIFICATE_USAGE");
  });

  test("of a CA without a rule for the code", async () => {
    const world = createWorld();
    const verifier = createVerifier({
      ...world.usual,
      trust: { ...world.trust, authorities: { ...world.trust.authorities, usccRules: [] } },
    });
    expect(await codeOf(verifier.verifyLogin(makeToken(world.jianye, world.nonce()), OWNER))).toBe("SUBJECT_UNKNOWN");
  });

  test("of a holder whose code has a wrong check digit", async () => {
    const world = createWorld();
    const uscc = `${demoBidders.jianye.uscc.slice(0, 17)}${demoBidders.jianye.uscc.endsWith("0") ? "1" : "0"}`;
    const keys = obtainKeys(gm, world.authorities.jiangnan, { ...demoBidders.jianye, uscc });
    expect(await codeOf(world.login(keys))).toBe("SUBJECT_UNKNOWN");
  });

  test("made with the default id, unless told; nor relabelled", async () => {
    const byDefault = { id: DEFAULT_DISTINGUISHING_ID, format: "shared-certificate-login:1-default-id" };
    const world = createWorld();
    expect(await codeOf(world.login(world.jianye, byDefault))).toBe("DEFAULT_ID_REFUSED");
    expect(await codeOf(world.login(world.jianye, { id: DEFAULT_DISTINGUISHING_ID }))).toBe("SIGNATURE_INVALID");
    const told = createWorld({ allowDefaultId: true });
    expect(await codeOf(told.login(told.jianye, byDefault))).toBe("accepted");
    expect(await codeOf(told.login(told.jianye, { format: byDefault.format }))).toBe("SIGNATURE_INVALID");
  });

  test("accompanied by a certificate that is no part of the path", async () => {
    const world = createWorld();
    const stranger = createWorld().authorities.lingbei.sub;
    const chain = [...world.jianye.chain.slice(0, 1), stranger];
    expect(await codeOf(world.login(world.jianye, { chain }))).toBe("TOKEN_MALFORMED");
  });

  test("with a chain of more than five certificates", async () => {
    const world = createWorld();
    const [sub, root] = world.jianye.chain;
    if (sub === undefined || root === undefined) throw new Error("the CA's chain has two");
    const five = [sub, root, sub, root, sub];
    expect(await codeOf(world.login(world.jianye, { chain: five }))).toBe("accepted");
    expect(await codeOf(world.login(world.jianye, { chain: [...five, root] }))).toBe("TOKEN_MALFORMED");
    expect(await codeOf(world.register(world.jianye, null, { chain: five }))).toBe("accepted");
    expect(await codeOf(world.register(world.jianye, null, { chain: [...five, root] }))).toBe("TOKEN_MALFORMED");
  });

  test.each([
    ["nothing", () => undefined],
    ["an array", () => []],
    ["another format", (token: object) => ({ ...token, format: "shared-certificate-login:2" })],
    ["a registration's format", (token: object) => ({ ...token, format: "shared-certificate-registration:1" })],
    ["an unknown key", (token: object) => ({ ...token, origin: ORIGIN })],
    ["another algorithm", (token: object) => ({ ...token, algorithm: "RSA" })],
    ["a signature of 63 bytes", (token: object) => ({ ...token, signature: "A".repeat(84) })],
    ["a signature with padding", (token: object) => ({ ...token, signature: `${"A".repeat(86)}==` })],
    ["a certificate that is none", (token: object) => ({ ...token, certificate: "MAA" })],
    ["a certificate of 16 KiB and a byte", (token: object) => ({ ...token, certificate: "A".repeat(21_848) })],
  ])("of another shape: %s", async (_what, change) => {
    const world = createWorld();
    const token = makeToken(world.jianye, world.nonce());
    expect(await codeOf(world.verifier.verifyLogin(change(token), OWNER))).toBe("TOKEN_MALFORMED");
  });
});

test("origins must be serialised https origins", () => {
  const { usual } = createWorld();
  for (const origin of ["https://a.test/", "http://a.test", "https://A.test", "https://a.test:443", "a.test"]) {
    expect(() => createVerifier({ ...usual, origins: [origin] })).toThrow(RangeError);
  }
});
