/** Paths: what leads to a trusted root, and every reason why it may not. */
import {
  type Certificate,
  type ChainOptions,
  element,
  oid,
  type ProofCode,
  ProofError,
  verifyChain,
} from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";

function codeOf(use: () => unknown): ProofCode | "OK" {
  try {
    use();
    return "OK";
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
}

const { root, sub, leaf } = threeTiers();
const usual = { intermediates: [sub.certificate], anchors: [root.certificate], at: NOW, usage: "sign" } as const;

describe("verifyChain", () => {
  test("gives the path of a holder below a sub-CA", () => {
    const { path, anchor } = verifyChain(gm, { ...usual, leaf: leaf.certificate });
    expect(path.map((certificate) => certificate.subject.commonName)).toEqual(["张三", "子CA", "根"]);
    expect(anchor).toBe(root.certificate);
  });

  test.each([
    [
      "a root of the same name with another key",
      "CHAIN_UNTRUSTED",
      () => ({ anchors: [threeTiers().root.certificate] }),
    ],
    ["the sub-CA missing", "CHAIN_UNTRUSTED", () => ({ intermediates: [] })],
    ["a day after its end", "CERTIFICATE_EXPIRED", () => ({ at: new Date(leaf.certificate.notAfter.getTime() + DAY) })],
    ["before its beginning", "CERTIFICATE_NOT_YET_VALID", () => ({ at: new Date(NOW.getTime() - 2 * DAY) })],
    ["a signing certificate for encryption", "CERTIFICATE_USAGE", () => ({ usage: "encrypt" as const })],
    ["a CA's certificate as a holder's", "CERTIFICATE_USAGE", () => ({ leaf: sub.certificate })],
  ])("refuses %s: %s", (_what, code, change) => {
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: leaf.certificate, ...change() }))).toBe(code);
  });

  test("refuses an issuer that is no CA", () => {
    const under = party("李四", leaf, { keyUsage: ["digitalSignature"] });
    const intermediates = [leaf.certificate, sub.certificate];
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: under.certificate, intermediates }))).toBe(
      "CHAIN_CONSTRAINT",
    );
  });

  test("refuses an issuer that may sign certificates but is no CA", () => {
    const odd = party("非CA", root, { keyUsage: ["keyCertSign"] });
    const under = party("李四", odd, { keyUsage: ["digitalSignature"] });
    const check = (change: Partial<ChainOptions>) =>
      codeOf(() => verifyChain(gm, { ...usual, ...change, leaf: under.certificate }));
    expect(check({ intermediates: [odd.certificate] })).toBe("CHAIN_CONSTRAINT");
    expect(check({ anchors: [odd.certificate] })).toBe("CHAIN_CONSTRAINT");
  });

  test("refuses a CA below a CA that allows none", () => {
    const third = party("孙CA", sub, { keyUsage: ["keyCertSign"], ca: { pathLen: null } });
    const under = party("李四", third, { keyUsage: ["digitalSignature"] });
    const intermediates = [third.certificate, sub.certificate];
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: under.certificate, intermediates }))).toBe(
      "CHAIN_CONSTRAINT",
    );
  });

  test("refuses an issuer without keyCertSign", () => {
    const odd = party("只签CRL", root, { keyUsage: ["cRLSign"], ca: { pathLen: null } });
    const under = party("李四", odd, { keyUsage: ["digitalSignature"] });
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: under.certificate, intermediates: [odd.certificate] }))).toBe(
      "CHAIN_CONSTRAINT",
    );
  });

  test("refuses a critical extension that it does not know, and passes it where it is not critical", () => {
    const value = Uint8Array.of(5, 0);
    const withExtension = (critical: boolean) =>
      party("王五", sub, { keyUsage: ["digitalSignature"], extensions: [{ type: "2.25.1", critical, value }] })
        .certificate;
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: withExtension(true) }))).toBe("CHAIN_CONSTRAINT");
    expect(codeOf(() => verifyChain(gm, { ...usual, leaf: withExtension(false) }))).toBe("OK");
  });

  test("tries every root of the issuer's name, with and without key identifiers", () => {
    const twin = party("根", null, { keyUsage: ["keyCertSign"], ca: { pathLen: null } });
    const anchors = [twin.certificate, root.certificate].map((certificate) => ({ ...certificate, subjectKeyId: null }));
    expect(verifyChain(gm, { ...usual, anchors, leaf: leaf.certificate }).anchor.publicKey).toEqual(root.publicKey);
    expect(codeOf(() => verifyChain(gm, { ...usual, anchors: anchors.slice(0, 1), leaf: leaf.certificate }))).toBe(
      "SIGNATURE_INVALID",
    );
  });

  test("finds the sub-CA that is fit among those of one name and key", () => {
    const issue = (notAfter: Date) =>
      party("子CA", root, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 }, publicKey: sub.publicKey, notAfter });
    const expired = issue(new Date(NOW.getTime() - 1000)).certificate;
    const intermediates = [expired, sub.certificate];
    expect(verifyChain(gm, { ...usual, intermediates, leaf: leaf.certificate }).path[1]).toBe(sub.certificate);
    expect(codeOf(() => verifyChain(gm, { ...usual, intermediates: [expired], leaf: leaf.certificate }))).toBe(
      "CERTIFICATE_EXPIRED",
    );
  });

  test("refuses an expired root, and an intermediate that is not valid yet", () => {
    const past = party("旧根", null, {
      keyUsage: ["keyCertSign"],
      ca: { pathLen: null },
      notAfter: new Date(NOW.getTime() - 1000),
    });
    const future = party("新CA", root, {
      keyUsage: ["keyCertSign"],
      ca: { pathLen: null },
      notBefore: new Date(NOW.getTime() + 1000),
    });
    const under = (by: typeof past) => party("李四", by, { keyUsage: ["digitalSignature"] }).certificate;
    const check = (change: Partial<ChainOptions> & Pick<ChainOptions, "leaf">) =>
      codeOf(() => verifyChain(gm, { ...usual, ...change }));
    expect(check({ leaf: under(past), anchors: [past.certificate] })).toBe("CERTIFICATE_EXPIRED");
    expect(check({ leaf: under(future), intermediates: [future.certificate] })).toBe("CERTIFICATE_NOT_YET_VALID");
  });

  test("accepts the first and the last second of a certificate", () => {
    const { notBefore, notAfter } = leaf.certificate;
    const check = (at: Date) => codeOf(() => verifyChain(gm, { ...usual, at, leaf: leaf.certificate }));
    expect(check(notBefore)).toBe("OK");
    expect(check(new Date(notBefore.getTime() - 1))).toBe("CERTIFICATE_NOT_YET_VALID");
    expect(check(notAfter)).toBe("OK");
    expect(check(new Date(notAfter.getTime() + 1))).toBe("CERTIFICATE_EXPIRED");
    expect(() => check(new Date(Number.NaN))).toThrow(RangeError);
  });

  test("takes five certificates, not six; a caller may ask for fewer", () => {
    const cas = [root];
    for (const name of ["一", "二", "三", "四"]) {
      cas.push(party(`${name}CA`, cas.at(-1) ?? null, { keyUsage: ["keyCertSign"], ca: { pathLen: null } }));
    }
    const intermediates = cas.slice(1).map(({ certificate }) => certificate);
    const under = (index: number) => party("深", cas[index] ?? root, { keyUsage: ["digitalSignature"] }).certificate;
    const check = (index: number, maxLen?: number) =>
      codeOf(() => verifyChain(gm, { ...usual, intermediates, leaf: under(index), ...(maxLen && { maxLen }) }));
    expect(check(3)).toBe("OK");
    expect(check(4)).toBe("CHAIN_CONSTRAINT");
    expect(check(4, 99)).toBe("CHAIN_CONSTRAINT");
    expect([check(1, 3), check(2, 3)]).toEqual(["OK", "CHAIN_CONSTRAINT"]);
  });

  test("does not count self-issued CAs against pathLen", () => {
    const limited = party("限", null, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 } });
    const renewed = party("限", limited, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 } });
    const under = party("李四", renewed, { keyUsage: ["digitalSignature"] }).certificate;
    const options = { anchors: [limited.certificate], intermediates: [renewed.certificate], leaf: under };
    expect(codeOf(() => verifyChain(gm, { ...usual, ...options }))).toBe("OK");
  });

  test("gives up on many certificates of one name and key", () => {
    const subject = sub.certificate.subject.der;
    const copies = Array.from(
      { length: 40 },
      () =>
        party(
          "子CA",
          { ...sub, issuer: { ...sub.issuer, name: subject } },
          {
            keyUsage: ["keyCertSign"],
            ca: { pathLen: null },
            publicKey: sub.publicKey,
            subject,
          },
        ).certificate,
    );
    let verified = 0;
    const counting = {
      sm2Verify: (...args: Parameters<typeof gm.sm2Verify>) => {
        verified++;
        return gm.sm2Verify(...args);
      },
    };
    expect(codeOf(() => verifyChain(counting, { ...usual, intermediates: copies, leaf: leaf.certificate }))).toBe(
      "CHAIN_CONSTRAINT",
    );
    expect(verified).toBeLessThanOrEqual(64);
  });

  test("takes encryption certificates for encryption, CA certificates for issuing, and no other way round", () => {
    const encryption = party("张三", sub, { keyUsage: ["keyAgreement"] }).certificate;
    const plain = party("张三", sub, { keyUsage: [] }).certificate;
    const check = (leaf: Certificate, usage: ChainOptions["usage"]) =>
      codeOf(() => verifyChain(gm, { ...usual, leaf, usage }));
    const uses = ["sign", "encrypt", "certSign"] as const;
    const row = (leaf: Certificate) => uses.map((usage) => check(leaf, usage));
    const no = "CERTIFICATE_USAGE";
    expect(row(leaf.certificate)).toEqual(["OK", no, no]);
    expect(row(encryption)).toEqual([no, "OK", no]);
    expect(row(sub.certificate)).toEqual([no, no, "OK"]);
    expect(row(plain)).toEqual([no, no, no]);
  });

  test("refuses a critical purpose that no bidder has, such as time stamping", () => {
    const purposes = (arc: number) => element(0x30, element(0x06, Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 3, arc)));
    const check = (critical: boolean, arc: number) => {
      const extensions = [{ type: oid.extendedKeyUsage, critical, value: purposes(arc) }];
      const { certificate } = party("时", sub, { keyUsage: ["digitalSignature"], extensions });
      return codeOf(() => verifyChain(gm, { ...usual, leaf: certificate }));
    };
    expect([check(true, 8), check(true, 2), check(false, 8)]).toEqual(["CERTIFICATE_USAGE", "OK", "OK"]);
  });

  test("refuses an unknown critical extension in a CA's certificate and in the root", () => {
    const extensions = [{ type: "2.5.29.30", critical: true, value: Uint8Array.of(0x30, 0) }];
    const content = { keyUsage: ["keyCertSign"], ca: { pathLen: null }, extensions } as const;
    const above = party("限名", root, content);
    const top = party("限名根", null, content);
    const under = (by: typeof above) => party("李四", by, { keyUsage: ["digitalSignature"] }).certificate;
    const check = (leaf: Certificate, intermediates: readonly Certificate[], anchor: Certificate) =>
      codeOf(() => verifyChain(gm, { ...usual, leaf, intermediates, anchors: [anchor] }));
    expect(check(under(above), [above.certificate], root.certificate)).toBe("CHAIN_CONSTRAINT");
    expect(check(under(top), [], top.certificate)).toBe("CHAIN_CONSTRAINT");
  });
});
