import { ProofError, verifyChain, type ProofCode, parseCertificate } from "@certbridge/pki";
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

  test("refuses a certificate with any byte of its contents changed", () => {
    const der = leaf.certificate.der;
    let refused = 0;
    for (let at = 0; at < der.length; at++) {
      const altered = new Uint8Array(der);
      altered[at] = (altered[at] ?? 0) ^ 1;
      try {
        verifyChain(gm, { ...usual, leaf: parseCertificate(altered) });
      } catch {
        refused++;
      }
    }
    expect(refused).toBe(der.length);
  });
});
