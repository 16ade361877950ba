import { issueRevocationList, parseCertificate } from "@certbridge/pki";
import { createVerifier } from "@certbridge/verify";
import { describe, expect, test } from "vitest";
import { codeOf, createWorld, DAY_MS, gm, makeToken, OWNER, START } from "./world.ts";

describe("revocation", () => {
  test("without a source it is said as not-checked", async () => {
    const { usual, jianye, nonce } = createWorld();
    const { revocation: _none, ...bare } = usual;
    const signer = await createVerifier(bare).verifyLogin(makeToken(jianye, nonce()), OWNER);
    expect(signer.revocation).toBe("not-checked");
  });

  test.each([
    ["a source without lists", async () => null],
    ["an unreachable source", () => Promise.reject(new Error("unreachable"))],
    ["garbage", async () => Uint8Array.of(1, 2, 3)],
  ])("%s: said as not-checked", async (_what, crl) => {
    const world = createWorld({ revocation: { crl } });
    expect((await world.login(world.jianye)).revocation).toBe("not-checked");
  });

  test("refused where the server insists", async () => {
    const world = createWorld({ revocation: { crl: async () => null, require: true } });
    expect(await codeOf(world.login(world.jianye))).toBe("REVOCATION_UNAVAILABLE");
  });

  test("another CA's list is no list", async () => {
    const world = createWorld();
    const { lingbei } = world.authorities;
    world.served.crl = async () => lingbei.crl(parseCertificate(lingbei.sub));
    expect((await world.login(world.jianye)).revocation).toBe("not-checked");
  });

  test("a list signed by a stranger in the CA's name is no list", async () => {
    const world = createWorld();
    world.served.crl = async (issuer) =>
      issueRevocationList(
        gm,
        { number: 99, thisUpdate: new Date(START - 1), nextUpdate: new Date(START + DAY_MS), revoked: [] },
        { name: issuer.subject.der, ...gm.sm2KeyPair() },
      );
    expect((await world.login(world.jianye)).revocation).toBe("not-checked");
  });

  test("an earlier list cannot bring a revoked certificate back", async () => {
    const world = createWorld();
    const { jiangnan } = world.authorities;
    const issuer = parseCertificate(jiangnan.sub);
    const before = jiangnan.crl(issuer);
    jiangnan.revoke(world.jianye.signing);
    expect(await codeOf(world.login(world.jianye))).toBe("CERTIFICATE_REVOKED");
    world.served.crl = async (asked) => (asked.serialNumber === issuer.serialNumber ? before : jiangnan.crl(asked));
    expect(await codeOf(world.login(world.jianye))).toBe("CERTIFICATE_REVOKED");
  });

  test("what a list called revoked stays so when no list in force can be had", async () => {
    const world = createWorld();
    world.authorities.jiangnan.revoke(world.jianye.signing);
    expect(await codeOf(world.login(world.jianye))).toBe("CERTIFICATE_REVOKED");
    world.served.crl = () => Promise.reject(new Error("unreachable"));
    world.setTime(START + 30 * DAY_MS);
    expect(await codeOf(world.login(world.jianye))).toBe("CERTIFICATE_REVOKED");
  });

  test("a list is kept while it is in force, and no longer", async () => {
    const world = createWorld();
    expect((await world.login(world.jianye)).revocation).toBe("good");
    world.served.crl = () => Promise.reject(new Error("unreachable"));
    expect((await world.login(world.jianye)).revocation).toBe("good");
    world.setTime(START + 2 * DAY_MS);
    expect((await world.login(world.jianye)).revocation).toBe("not-checked");
  });

  test("lists are not asked for again before they are too old", async () => {
    let asked = 0;
    const world = createWorld({
      revocation: {
        maxAgeMs: 60_000,
        crl: async (issuer) => {
          asked++;
          return world.served.crl(issuer);
        },
      },
    });
    await world.login(world.jianye);
    await world.login(world.jianye);
    expect(asked).toBe(2); // one for the root's list, one for the issuing CA's
    world.setTime(START + 60_000);
    await world.login(world.jianye);
    expect(asked).toBe(4);
  });
});
