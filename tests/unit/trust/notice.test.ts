import { attachContent, hexOf, signData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { GM_DATA, NOTICE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { isListedCommittee, readNotice, type Registry } from "@certbridge/trust";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party } from "../../support/authority.ts";

const platform = party("平台", null, { keyUsage: ["digitalSignature"] });
const rescuers = party("应急解密委员会", null, { keyUsage: ["keyEncipherment"] }).certificate;
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
    { id: "demo-b", name: "岭北电子招标平台（演示）", origins: ["https://bid-b.demo.test"], enabled: true },
  ],
  authorities: [],
};

const { notBefore, notAfter } = platform.certificate;

const said = {
  format: "shared-certificate-notice:1",
  platformId: "demo-a",
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "1标段",
  openingTime: "2026-12-20T01:30:00Z",
  sequence: 1,
} as const;

function sign(content: Uint8Array, change: Partial<Parameters<typeof signData>[1]> = {}): Uint8Array {
  const { certificate, privateKey } = platform;
  return signData(gm, { contentType: NOTICE, content, certificate, privateKey, signedAt: NOW, ...change });
}

const signed = (change: Readonly<Record<string, unknown>> = {}) => sign(encodeCanonical({ ...said, ...change }));

function codeOf(der: Uint8Array, from = origin, by = registry): string {
  try {
    readNotice(gm, { registry: by, origin: from }, der);
    return "read";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

describe("readNotice", () => {
  test("gives what it says, and the platform as the registry has it", () => {
    const der = signed();
    const read = readNotice(gm, { registry, origin }, der);
    expect(read.said).toEqual(said);
    expect(read.platform.name).toBe("江南公共资源交易平台（演示）");
    expect(read.der).toBe(der);
  });

  test("takes a committee's certificate, and words of 255 bytes", () => {
    const committee = encodeBase64Url(rescuers.der);
    expect(readNotice(gm, { registry, origin }, signed({ committee })).committee?.der).toEqual(rescuers.der);
    expect(codeOf(signed({ lot: "标".repeat(85) }))).toBe("read");
    expect(codeOf(signed({ lot: `${"标".repeat(85)}1` }))).toBe("MALFORMED");
  });

  test("refuses one whose committee cannot be encrypted to: no certificate, for signing, or with a key off the curve", () => {
    const { der, publicKey } = rescuers;
    const off = Buffer.from(der);
    const last = off.indexOf(publicKey) + publicKey.length - 1;
    off.writeUInt8(off.readUInt8(last) ^ 1, last);
    for (const committee of ["MAA", encodeBase64Url(platform.certificate.der), encodeBase64Url(off)]) {
      expect(codeOf(signed({ committee }))).toBe("NOTICE_REFUSED");
    }
  });

  test("a committee is listed only by its key, with its platform", () => {
    const committeeKeysSm3 = [hexOf(gm.sm3(rescuers.publicKey))];
    const [row] = registry.platforms;
    if (row === undefined) throw new Error("a platform expected");
    const listing: Registry = {
      ...registry,
      platforms: [{ ...row, committeeKeysSm3 }, ...registry.platforms.slice(1)],
    };
    expect(isListedCommittee(gm, listing, "demo-a", rescuers)).toBe(true);
    expect(isListedCommittee(gm, listing, "demo-b", rescuers)).toBe(false);
    expect(isListedCommittee(gm, listing, "demo-a", platform.certificate)).toBe(false);
    expect(isListedCommittee(gm, registry, "demo-a", rescuers)).toBe(false);
  });

  test.each([
    ["of a page that is no platform's", signed(), "https://other.test"],
    ["of another platform's page", signed(), "https://bid-b.demo.test"],
    ["that names another platform", signed({ platformId: "demo-b" }), origin],
    [
      "signed before its certificate was in force",
      sign(encodeCanonical(said), { signedAt: new Date(notBefore.getTime() - DAY) }),
      origin,
    ],
    [
      "signed after its certificate's end",
      sign(encodeCanonical(said), { signedAt: new Date(notAfter.getTime() + DAY) }),
      origin,
    ],
    ["of another content type", sign(encodeCanonical(said), { contentType: GM_DATA }), origin],
    [
      "signed by another key under the same certificate",
      sign(encodeCanonical(said), { privateKey: gm.sm2KeyPair().privateKey }),
      origin,
    ],
    [
      "signed for another content",
      attachContent(sign(encodeCanonical(said), { detached: true }), encodeCanonical({ ...said, lot: "2标段" })),
      origin,
    ],
  ])("refuses one %s", (_what, der, from) => {
    expect(codeOf(der, from)).toBe("PLATFORM_UNPROVED");
  });

  test("refuses every notice of a platform without keys in the registry, and of one that waits", () => {
    const [first] = registry.platforms;
    if (first === undefined) throw new Error("there is a platform");
    const { signingKeysSm3: _none, ...without } = first;
    for (const one of [without, { ...first, signingKeysSm3: [] }, { ...first, enabled: false }]) {
      expect(codeOf(signed(), origin, { ...registry, platforms: [one] })).toBe("PLATFORM_UNPROVED");
    }
  });

  test("refuses an encryption certificate's signature", () => {
    const encrypting = party("平台", null, { keyUsage: ["keyEncipherment"] });
    const { certificate, privateKey } = encrypting;
    const platforms = registry.platforms.map((row) => ({
      ...row,
      signingKeysSm3: [hexOf(gm.sm3(encrypting.publicKey))],
    }));
    const der = sign(encodeCanonical(said), { certificate, privateKey });
    expect(codeOf(der, origin, { ...registry, platforms })).toBe("PLATFORM_UNPROVED");
  });

  test.each([
    ["a key too many", { more: 1 }],
    ["a key too few", { lot: undefined }],
    ["another format", { format: "shared-certificate-notice:2" }],
    ["no opening time", { openingTime: "soon" }],
    ["the number 0", { sequence: 0 }],
    ["a fraction of a number", { sequence: 1.5 }],
    ["an empty lot", { lot: "" }],
    ["a lot with a line break", { lot: "1\n2" }],
    ["a name that turns the direction of writing", { projectName: "\u202e程工" }],
    ["a name in another normal form", { projectName: "e\u0301" }],
    ["half a character", { projectName: "\ud800" }],
  ])("refuses %s", (_what, change) => {
    expect(codeOf(signed(change))).toBe("MALFORMED");
  });

  test("refuses every other spelling of the same value", () => {
    const text = new TextDecoder().decode(encodeCanonical(said));
    const { format, ...rest } = said;
    for (const other of [
      `${text} `,
      `\ufeff${text}`,
      JSON.stringify({ ...rest, format }),
      text.replace(":1}", ":1.0}"),
    ]) {
      expect(codeOf(sign(new TextEncoder().encode(other)))).toBe("MALFORMED");
    }
    expect(codeOf(sign(Uint8Array.of(0xff)))).toBe("MALFORMED");
  });

  test("refuses one without its content, one that is no message, and one that is too long", () => {
    expect(codeOf(sign(encodeCanonical(said), { detached: true }))).toBe("PLATFORM_UNPROVED");
    expect(codeOf(Uint8Array.of(1, 2, 3))).toBe("MALFORMED");
    expect(codeOf(new Uint8Array(40_000))).toBe("MALFORMED");
  });
});
