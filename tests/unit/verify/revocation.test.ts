import { element, encodeSignature, issueRevocationList, type Issuer, parseCertificate } from "@certbridge/pki";
import { createVerifier } from "@certbridge/verify";
import { describe, expect, test } from "vitest";
import { issuePair, openAuthority, registryOf } from "../../support/host.ts";
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

/** SM2 with SM3 and nothing else, as AlgorithmIdentifier. */
const SM2_WITH_SM3 = Uint8Array.from(Buffer.from("300a06082a811ccf55018375", "hex"));

/** A list without CRLNumber, which the field has: version 2, no extensions. RFC 5280 clause 5.1. */
function unnumberedList(issuer: Issuer, thisUpdate: number, revoked: readonly Uint8Array[]): Uint8Array {
  const timeOf = (at: number) => {
    const digits = new Date(at).toISOString().replaceAll(/\D/g, "").slice(2, 14);
    return element(0x17, new TextEncoder().encode(`${digits}Z`));
  };
  const entries = revoked.map((serial) => element(0x30, element(2, serial), timeOf(thisUpdate)));
  const tbs = element(
    0x30,
    element(2, Uint8Array.of(1)),
    SM2_WITH_SM3,
    issuer.name,
    timeOf(thisUpdate),
    timeOf(thisUpdate + DAY_MS),
    ...(entries.length === 0 ? [] : [element(0x30, ...entries)]),
  );
  const signature = element(3, Uint8Array.of(0), encodeSignature(gm.sm2Sign(issuer.privateKey, tbs)));
  return element(0x30, tbs, SM2_WITH_SM3, signature);
}

test("a list without a number cannot be rolled back either", async () => {
  const ca = openAuthority(START);
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const { signing } = issuePair(ca, publicKey, { at: START });
  const serial = Uint8Array.from(Buffer.from(parseCertificate(signing).serialNumber, "hex"));
  const early = unnumberedList(ca.issuer, START - 3600_000, []);
  const late = unnumberedList(ca.issuer, START - 60_000, [serial]);

  const world = createWorld();
  let served = early;
  const verifier = createVerifier({
    ...world.usual,
    trust: {
      authorities: {
        anchors: [ca.certificate.der],
        usccRules: registryOf(ca).authorities.flatMap(({ usccRules }) => usccRules),
      },
      credentialIssuers: [],
    },
    revocation: { crl: async () => served, maxAgeMs: 0 },
  });
  const keys = { ...world.jianye, signing, signingKey: privateKey };
  const logIn = () => codeOf(verifier.verifyLogin(makeToken(keys, world.nonce(), { chain: [] }), OWNER));
  expect(await logIn()).toBe("accepted");
  served = late;
  expect(await logIn()).toBe("CERTIFICATE_REVOKED");
  served = early;
  expect(await logIn()).toBe("CERTIFICATE_REVOKED");
});
