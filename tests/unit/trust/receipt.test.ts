import { addUnsignedAttribute, hexOf, issueTimeStampToken, oid, parseSignedData, signData } from "@certbridge/pki";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT, NOTICE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { readReceipt, type Registry } from "@certbridge/trust";
import { describe, expect, test } from "vitest";
import { gm, NOW, party } from "../../support/authority.ts";

const TIME_STAMPING = Uint8Array.of(0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8);
const stamping = { type: oid.extendedKeyUsage, critical: true, value: TIME_STAMPING };

const platform = party("平台", null, { keyUsage: ["digitalSignature"] });
const authority = party("时间戳", null, { keyUsage: ["digitalSignature"], extensions: [stamping] });
const origin = "https://bid-a.demo.test";
const registry: Registry = {
  platforms: [
    {
      id: "demo-a",
      name: "江南公共资源交易平台（演示）",
      origins: [origin],
      signingKeysSm3: [hexOf(gm.sm3(platform.publicKey))],
      enabled: true,
    },
  ],
  authorities: [],
  timeStampKeysSm3: [hexOf(gm.sm3(authority.publicKey))],
};

const said = {
  format: "shared-certificate-receipt:1",
  platformId: "demo-a",
  projectCode: "JN-2026-118",
  lot: "1标段",
  packageId: "AAECAwQFBgcICQoLDA0ODw",
  signatureSm3: "A".repeat(43),
  packageLen: 1_050_000,
  receivedAt: NOW.toISOString(),
} as const;

interface Change {
  readonly says?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  /** Of the stamp, from the receipt's time on. */
  readonly behindMs?: number;
  readonly stamps?: number;
}

function issue({ says = {}, contentType = BID_RECEIPT, behindMs = 0, stamps = 1 }: Change = {}): Uint8Array {
  const { certificate, privateKey } = platform;
  const content = encodeCanonical({ ...said, ...says });
  let der = signData(gm, { contentType, content, certificate, privateKey, signedAt: NOW });
  const imprint = gm.sm3(parseSignedData(der).signers[0]?.signatureOctets ?? new Uint8Array(0));
  for (let stamp = 0; stamp < stamps; stamp++) {
    const value = issueTimeStampToken(gm, {
      imprint,
      genTime: new Date(NOW.getTime() + behindMs),
      serialNumber: Uint8Array.of(1 + stamp),
      policy: "1.2.3",
      certificate: authority.certificate,
      privateKey: authority.privateKey,
    });
    der = addUnsignedAttribute(der, { type: oid.signatureTimeStamp, value });
  }
  return der;
}

function codeOf(der: Uint8Array, by = registry, from = origin): string {
  try {
    readReceipt(gm, { registry: by, origin: from }, der);
    return "read";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

describe("readReceipt", () => {
  test("gives what it says, whose it is, and when it was stamped", () => {
    const der = issue({ behindMs: 2000 });
    const read = readReceipt(gm, { registry, origin }, der);
    expect(read.said).toEqual(said);
    expect(read.platform.id).toBe("demo-a");
    expect(read.stampedAt).toEqual(new Date(NOW.getTime() + 2000));
    expect(read.der).toBe(der);
  });

  test.each([
    ["a minute before", -60_000, "read"],
    ["more than that", -60_001, "PLATFORM_UNPROVED"],
    ["half an hour behind", 30 * 60_000, "read"],
    ["more than that", 30 * 60_000 + 1, "PLATFORM_UNPROVED"],
  ])("stamped %s", (_what, behindMs, code) => {
    expect(codeOf(issue({ behindMs }))).toBe(code);
  });

  test.each<[string, Uint8Array, string]>([
    ["without a stamp", issue({ stamps: 0 }), "PLATFORM_UNPROVED"],
    ["with two", issue({ stamps: 2 }), "PLATFORM_UNPROVED"],
    ["in another platform's name", issue({ says: { platformId: "demo-b" } }), "PLATFORM_UNPROVED"],
    ["of another type", issue({ contentType: NOTICE }), "PLATFORM_UNPROVED"],
    ["of no length", issue({ says: { packageLen: 0 } }), "MALFORMED"],
    ["with more in it", issue({ says: { more: 1 } }), "MALFORMED"],
    ["that is no message", Uint8Array.of(0x30, 0), "MALFORMED"],
  ])("%s it is refused", (_what, der, code) => {
    expect(codeOf(der)).toBe(code);
  });

  test("for another page, or without an authority that is believed, it is refused", () => {
    expect(codeOf(issue(), registry, "https://other.test")).toBe("PLATFORM_UNPROVED");
    expect(codeOf(issue(), { ...registry, timeStampKeysSm3: [] })).toBe("PLATFORM_UNPROVED");
    expect(codeOf(issue(), { platforms: registry.platforms, authorities: [] })).toBe("PLATFORM_UNPROVED");
  });
});
