import { describe, expect, test } from "vitest";
import { hexOf } from "@certbridge/pki";
import { readHolder } from "../../../apps/host/src/holder.ts";
import { DAY, NOW, gm, party } from "../../support/authority.ts";
import type { Party } from "../../support/authority.ts";
import { USCC, issuePair, registryOf } from "../../support/host.ts";

const ca = { keyUsage: ["keyCertSign", "cRLSign"], ca: { pathLen: null } } as const;
const root = party("根", null, ca);
const sub = party("子CA", root, ca);
const forged = party("子CA", party("根", null, ca), ca);
const { publicKey } = gm.sm2KeyPair();
const at = NOW.getTime();
const issued = issuePair(sub, publicKey, { at });

function read(chain: readonly Party[], options: { certificate?: Uint8Array; now?: number; knows?: Party } = {}) {
  const { certificate = issued.signing, now = at, knows = sub } = options;
  return readHolder(
    { gm, clock: () => now, registry: registryOf(knows) },
    {
      keyId: "",
      signingCertificate: certificate,
      encryptionCertificate: null,
      earlierEncryption: [],
      chain: chain.map((above) => above.certificate.der),
    },
  );
}

describe("the holder of a key", () => {
  test("the path above is put in order, without what does not belong and without the root", () => {
    const { chain, uscc, authority } = read([root, forged, sub]);
    expect(chain.map(({ subject }) => subject.commonName)).toEqual(["子CA"]);
    expect(chain[0]?.der).toEqual(sub.certificate.der);
    expect({ uscc, authority }).toEqual({ uscc: USCC, authority: "测试数科CA" });
  });

  test("the issuing CA is named by its key, whether the registry knows it or not", () => {
    const issuerKeySm3 = hexOf(gm.sm3(sub.publicKey));
    expect(read([root, sub]).issuerKeySm3).toBe(issuerKeySm3);
    expect(read([sub], { knows: root }).issuerKeySm3).toBe(issuerKeySm3);
    expect(read([forged, root]).issuerKeySm3).toBeNull();
  });

  test("a CA of the same name with another key tells no code", () => {
    expect(read([forged], { knows: forged })).toMatchObject({ uscc: null, authority: "子CA", chain: [] });
  });

  test("without the CA's certificate, or a rule of the registry, there is no code", () => {
    expect(read([])).toMatchObject({ uscc: null, authority: "子CA" });
    expect(read([sub], { knows: root })).toMatchObject({ uscc: null, authority: "子CA" });
  });

  test("the state is told by dates, to the second, and by use", () => {
    expect(read([sub]).state).toBe("usable");
    expect(read([sub], { now: at - DAY - 1000 }).state).toBe("not-yet-valid");
    expect(read([sub], { now: at + 364 * DAY }).state).toBe("usable");
    expect(read([sub], { now: at + 364 * DAY + 1000 }).state).toBe("expired");
    expect(read([sub], { certificate: issued.encryption }).state).toBe("no-signing-use");
    expect(read([], { certificate: root.certificate.der }).state).toBe("no-signing-use");
  });
});
