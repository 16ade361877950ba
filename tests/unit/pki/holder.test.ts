/** What belongs to a holder: the pair of certificates, the request, the list that may name it, and the 统一社会信用代码. */
import {
  createRequest,
  element,
  encodeName,
  encodeSignature,
  findPairs,
  hexOf,
  isRevoked,
  issueRevocationList,
  isUscc,
  oid,
  pairCertificates,
  parseRequest,
  parseRevocationList,
  type ProofCode,
  ProofError,
  readUscc,
  type UsccRule,
  verifyRequest,
  verifyRevocationList,
} from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";

const { root, sub, leaf } = threeTiers();
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const later = (ms: number) => new Date(NOW.getTime() + ms);

function codeOf(use: () => unknown): ProofCode | "MALFORMED" | "OK" {
  try {
    use();
    return "OK";
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    if (OperationError.is(error, "MALFORMED")) return "MALFORMED";
    throw error;
  }
}

describe("the two certificates of one holder", () => {
  const encrypting = { keyUsage: ["keyEncipherment", "dataEncipherment"] } as const;
  const encryption = party("张三", sub, encrypting);
  const pair = { signingCertificate: leaf.certificate, encryptionCertificate: encryption.certificate };

  test("are a pair", () => {
    expect(pairCertificates(leaf.certificate, encryption.certificate)).toEqual(pair);
  });

  test.each([
    ["the other way round", encryption, leaf],
    ["another holder's", leaf, party("李四", sub, encrypting)],
    ["another CA's", leaf, party("张三", root, encrypting)],
    ["one key", leaf, party("张三", sub, { ...encrypting, publicKey: leaf.publicKey })],
    ["one that signs too", leaf, party("张三", sub, { keyUsage: ["digitalSignature", "keyEncipherment"] })],
    ["one without a use", leaf, party("张三", sub, { keyUsage: [] })],
  ])("are not %s", (_what, signing, other) => {
    expect(codeOf(() => pairCertificates(signing.certificate, other.certificate))).toBe("CERTIFICATE_USAGE");
    expect(findPairs([signing.certificate, other.certificate]).length).toBe(_what === "the other way round" ? 1 : 0);
  });

  test("are found among others, those of one time first", () => {
    const renewal = { notBefore: later(0), notAfter: later(400 * DAY) };
    const signing = party("张三", sub, { keyUsage: ["digitalSignature"], ...renewal });
    const renewed = party("张三", sub, { ...encrypting, ...renewal });
    const all = [renewed, leaf, sub, encryption, signing, root].map(({ certificate }) => certificate);
    expect(findPairs(all)).toEqual([
      pair,
      { signingCertificate: signing.certificate, encryptionCertificate: renewed.certificate },
    ]);
    const third = party("张三", sub, { keyUsage: ["digitalSignature"], notAfter: later(500 * DAY) }).certificate;
    expect(findPairs([third, encryption.certificate])).toHaveLength(1);
    expect(findPairs([third, encryption.certificate, renewed.certificate])).toEqual([]);
  });
});

describe("a request", () => {
  const subject = encodeName([[oid.commonName, "新申请人"]]);
  const der = createRequest(gm, { subject, ...leaf });

  test("proves possession", () => {
    const request = verifyRequest(gm, der);
    expect(request.subject.commonName).toBe("新申请人");
    expect(request.subject.der).toEqual(subject);
    expect(request.publicKey).toEqual(leaf.publicKey);
  });

  test("signed by another key proves nothing", () => {
    const foreign = createRequest(gm, { subject, publicKey: leaf.publicKey, privateKey: sub.privateKey });
    expect(parseRequest(foreign).publicKey).toEqual(leaf.publicKey);
    expect(codeOf(() => verifyRequest(gm, foreign))).toBe("SIGNATURE_INVALID");
  });

  test("is no certificate, and a certificate is no request", () => {
    expect(codeOf(() => parseRequest(leaf.certificate.der))).toBe("MALFORMED");
    expect(codeOf(() => parseRequest(bytes("3000")))).toBe("MALFORMED");
  });
});

describe("a revocation list", () => {
  const content = {
    number: 7,
    thisUpdate: NOW,
    nextUpdate: later(DAY),
    revoked: [{ serialNumber: bytes("80ab"), at: NOW }],
  };
  const issue = (change: Partial<typeof content> = {}, by = sub) =>
    issueRevocationList(gm, { ...content, ...change }, by.issuer);
  const list = issue();

  test("names the revoked", () => {
    const read = verifyRevocationList(gm, list, sub.certificate, NOW);
    expect([read.number, read.thisUpdate, read.nextUpdate]).toEqual([7n, NOW, later(DAY)]);
    expect([...read.revoked]).toEqual(["80AB"]);
    const revoked = party("吊销", sub, { keyUsage: [], serialNumber: bytes("0080ab") }).certificate;
    expect([isRevoked(read, revoked), isRevoked(read, leaf.certificate)]).toEqual([true, false]);
    expect(codeOf(() => isRevoked(read, sub.certificate))).toBe("CHAIN_UNTRUSTED");
  });

  test("may name nobody, or very many, and have any number", () => {
    expect(verifyRevocationList(gm, issue({ revoked: [] }), sub.certificate, NOW).revoked.size).toBe(0);
    const revoked = Array.from({ length: 5000 }, (_, i) => ({
      serialNumber: Uint8Array.of(1, i >> 8, i & 255),
      at: NOW,
    }));
    expect(verifyRevocationList(gm, issue({ revoked }), sub.certificate, NOW).revoked.size).toBe(5000);
    for (const number of [0n, 128n, (1n << 159n) - 1n]) {
      const der = issueRevocationList(gm, { ...content, number }, sub.issuer);
      expect(parseRevocationList(der).number).toBe(number);
    }
    expect(() => issueRevocationList(gm, { ...content, number: 1n << 159n }, sub.issuer)).toThrow(RangeError);
    expect(() => issue({ number: -1 })).toThrow(RangeError);
  });

  test("is in force from its first to its last instant", () => {
    const at = (ms: number) => codeOf(() => verifyRevocationList(gm, list, sub.certificate, later(ms)));
    expect([at(-1), at(0), at(DAY), at(DAY + 1), at(Number.NaN)]).toEqual([
      "REVOCATION_STALE",
      "OK",
      "OK",
      "REVOCATION_STALE",
      "REVOCATION_STALE",
    ]);
  });

  test("counts from its issuer alone", () => {
    const check = (der: Uint8Array, by = sub) => codeOf(() => verifyRevocationList(gm, der, by.certificate, NOW));
    expect(check(list, root)).toBe("CHAIN_UNTRUSTED");
    const impostor = { ...sub, issuer: { ...sub.issuer, privateKey: root.privateKey } };
    expect(check(issue({}, impostor))).toBe("SIGNATURE_INVALID");
    const noLists = party("不签", root, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 } });
    expect(check(issue({}, noLists), noLists)).toBe("CHAIN_CONSTRAINT");
  });

  test("is read no further than its issuer and its length before its signature holds", () => {
    const time = (text: string) => element(0x17, new TextEncoder().encode(text));
    const forged = (entries: Uint8Array, by: typeof sub) => {
      const algorithm = element(0x30, bytes("06082a811ccf55018375"));
      const name = sub.certificate.subject.der;
      const dates = [time("261123090000Z"), time("261124090000Z")];
      const tbs = element(0x30, bytes("020101"), algorithm, name, ...dates, entries);
      const signature = encodeSignature(gm.sm2Sign(by.privateKey, tbs));
      return element(0x30, tbs, algorithm, element(3, Uint8Array.of(0), signature));
    };
    const check = (der: Uint8Array, by = sub) => codeOf(() => verifyRevocationList(gm, der, by.certificate, NOW));
    // Entries that no reader takes: an integer with a needless zero.
    const broken = element(0x30, element(0x30, bytes("02020001"), time("261123090000Z")));
    const whole = element(0x30, element(0x30, bytes("020101"), time("261123090000Z")));
    expect([check(forged(broken, root)), check(forged(broken, sub))]).toEqual(["SIGNATURE_INVALID", "MALFORMED"]);
    expect(check(forged(broken, sub), root)).toBe("CHAIN_UNTRUSTED");
    expect(check(forged(whole, sub))).toBe("OK");
    // An entry's date is one, or it is no entry.
    const undated = element(0x30, element(0x30, bytes("020101"), bytes("020101")));
    expect(check(forged(undated, sub))).toBe("MALFORMED");
  });

  test("with a critical extension is refused, for it may be a part only", () => {
    const part = (critical: string) => {
      const extension = element(0x30, bytes("0603551d1c"), bytes(critical), element(4, bytes("3000")));
      const time = (text: string) => element(0x17, new TextEncoder().encode(text));
      const tbs = element(
        0x30,
        bytes("020101"),
        element(0x30, bytes("06082a811ccf55018375")),
        sub.certificate.subject.der,
        time("261123090000Z"),
        time("261124090000Z"),
        element(0xa0, element(0x30, extension)),
      );
      return element(0x30, tbs, element(0x30, bytes("06082a811ccf55018375")), element(3, bytes("003006020101020101")));
    };
    expect(codeOf(() => parseRevocationList(part("0101ff")))).toBe("CHAIN_CONSTRAINT");
    expect(codeOf(() => parseRevocationList(part("010100")))).toBe("OK");
  });

  test("is no certificate", () => {
    expect(codeOf(() => parseRevocationList(leaf.certificate.der))).toBe("MALFORMED");
  });
});

describe("统一社会信用代码", () => {
  // Published codes: the first is an example of the standard's explanations, the others belong to well-known companies.
  test.each(["91350100M000100Y43", "91110000802100433B", "9144030071526726XG", "914403001922038216"])(
    "%s is one",
    (code) => {
      expect(isUscc(code)).toBe(true);
    },
  );

  test("changes with every letter, and has eighteen of its own alphabet", () => {
    const code = "91350100M000100Y43";
    for (let at = 0; at < 18; at++) {
      const altered = Array.from(code, (letter, i) => (i === at ? (letter === "7" ? "8" : "7") : letter)).join("");
      expect(isUscc(altered)).toBe(false);
    }
    for (const wrong of [
      "",
      code.slice(1),
      `${code}3`,
      code.toLowerCase(),
      code.replace("0", "O"),
      ` ${code.slice(1)}`,
    ]) {
      expect(isUscc(wrong)).toBe(false);
    }
    for (const letter of "IOSVZ") expect(isUscc(code.replace("M", letter))).toBe(false);
  });

  const code = "91350100M000100Y43";
  const text = new TextEncoder().encode(code);
  const issuerKeySm3 = hexOf(gm.sm3(sub.publicKey));
  const rule: UsccRule = { issuerKeySm3, policy: "2.25.7", from: { extension: oid.uscc } };
  const holder = (value: Uint8Array, policies: readonly string[] = ["2.25.7"]) =>
    party("某公司", sub, { keyUsage: [], policies, extensions: [{ type: oid.uscc, value }] }).certificate;

  test("is read by a rule of issuer and policy, and not without one", () => {
    const certificate = holder(element(0x0c, text));
    const read = (key: Uint8Array, ...rules: readonly UsccRule[]) => readUscc(gm, certificate, key, rules);
    expect(read(sub.publicKey, rule)).toBe(code);
    expect(read(sub.publicKey, { ...rule, policy: null })).toBe(code);
    expect(read(sub.publicKey, { ...rule, policy: "2.25.8" })).toBeNull();
    expect(read(sub.publicKey, { ...rule, policy: "2.25.8" }, rule)).toBe(code);
    expect(read(sub.publicKey, { ...rule, from: { extension: "1.2.3" } })).toBeNull();
    expect(read(root.publicKey, rule)).toBeNull();
    expect(read(sub.publicKey)).toBeNull();
    expect(readUscc(gm, holder(element(0x0c, text), []), sub.publicKey, [rule])).toBeNull();
  });

  test.each<[string, "string" | "octet-string" | "bare", Uint8Array]>([
    ["a PrintableString", "string", element(0x13, text)],
    ["an IA5String", "string", element(0x16, text)],
    ["a string inside an OCTET STRING", "octet-string", element(0x04, element(0x0c, text))],
    ["bare text", "bare", text],
  ])("is read from %s, where the rule says so and only there", (_what, encoding, value) => {
    const found = (["string", "octet-string", "bare"] as const).filter((each) => {
      const from = { extension: oid.uscc, encoding: each };
      return readUscc(gm, holder(value), sub.publicKey, [{ ...rule, from }]) === code;
    });
    expect(found).toEqual([encoding]);
  });

  test.each([
    ["a wrong check digit", element(0x0c, new TextEncoder().encode("91350100M000100Y44"))],
    ["a string that ends too early", bytes("0c12")],
    ["a number", bytes("020101")],
    ["much text", element(0x0c, new Uint8Array(300).fill(0x39))],
    ["nothing", new Uint8Array(0)],
  ])("is not read from %s", (_what, value) => {
    expect(readUscc(gm, holder(value), sub.publicKey, [rule])).toBeNull();
  });

  test("is read from an attribute of the subject, after its prefix", () => {
    const subject = encodeName([
      [oid.organizationIdentifier, `USCC-${code}`],
      [oid.commonName, "某公司"],
    ]);
    const { certificate } = party("", sub, { keyUsage: [], subject });
    const read = (subjectAttribute: string, prefix: string) =>
      readUscc(gm, certificate, sub.publicKey, [{ issuerKeySm3, policy: null, from: { subjectAttribute, prefix } }]);
    expect(read(oid.organizationIdentifier, "USCC-")).toBe(code);
    expect(read(oid.organizationIdentifier, "")).toBeNull();
    expect(read(oid.organizationIdentifier, "VATCN-")).toBeNull();
    expect(read(oid.organization, "USCC-")).toBeNull();
  });
});
