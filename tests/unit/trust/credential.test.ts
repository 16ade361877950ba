import { ProofError, signData } from "@certbridge/pki";
import { GM_DATA, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { readCredential } from "@certbridge/trust";
import { describe, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import { issueCredential, PLATFORM_ORIGIN, USCC } from "../../support/host.ts";

const platform = party("平台", null, { keyUsage: ["digitalSignature"] });

function codeOf(der: Uint8Array): string {
  try {
    readCredential(gm, der);
    return "read";
  } catch (error) {
    if (error instanceof ProofError || error instanceof OperationError) return error.code;
    throw error;
  }
}

/** Bytes of the test's own choice as a credential's content. */
function signBytes(content: Uint8Array, detached = false): Uint8Array {
  const { certificate, privateKey } = platform;
  const contentType = REGISTRATION_CREDENTIAL;
  return signData(gm, { contentType, content, detached, certificate, privateKey, signedAt: new Date() });
}

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("readCredential", () => {
  test("gives what it says, whose key signed it, and when by its own word", () => {
    const der = issueCredential(platform);
    const read = readCredential(gm, der);
    expect(read.said).toMatchObject({ issuer: { origin: PLATFORM_ORIGIN }, subject: { uscc: USCC } });
    expect(read.signer.der).toEqual(platform.certificate.der);
    expect(read.der).toEqual(der);
    expect(read.signedAt).toBeInstanceOf(Date);
  });

  test.each([
    ["another content type", () => issueCredential(platform, {}, GM_DATA), "SIGNATURE_INVALID"],
    [
      "another key's signature",
      () => {
        const { privateKey } = gm.sm2KeyPair();
        return issueCredential({ ...platform, privateKey });
      },
      "SIGNATURE_INVALID",
    ],
    [
      "other content than was signed",
      () => replaceText(issueCredential(platform), "demo-a", "demo-b"),
      "CONTENT_MISMATCH",
    ],
    ["its content left outside", () => signBytes(utf8("{}"), true), "MALFORMED"],
    ["no JSON", () => signBytes(utf8("{")), "MALFORMED"],
    ["no UTF-8", () => signBytes(Uint8Array.of(0x22, 0xff, 0x22)), "MALFORMED"],
    ["a key too many", () => issueCredential(platform, { more: 1 }), "MALFORMED"],
    ["a key too few", () => issueCredential(platform, { facts: undefined }), "MALFORMED"],
    ["another format", () => issueCredential(platform, { format: "shared-certificate-credential:2" }), "MALFORMED"],
    [
      "a code with a wrong check digit",
      () => issueCredential(platform, { subject: { name: "某公司", uscc: wrongDigit(USCC) } }),
      "MALFORMED",
    ],
    [
      "an issuer whose origin has a path",
      () => issueCredential(platform, { issuer: { platformId: "demo-a", name: "x", origin: `${PLATFORM_ORIGIN}/a` } }),
      "MALFORMED",
    ],
    ["a thirteenth month", () => issueCredential(platform, { issuedAt: "2026-13-01T00:00:00Z" }), "MALFORMED"],
    ["garbage", () => Uint8Array.of(0x30, 0), "MALFORMED"],
  ])("refuses %s", (_what, make, code) => {
    expect(codeOf(make())).toBe(code);
  });
});

function wrongDigit(uscc: string): string {
  return uscc.slice(0, 17) + (uscc.endsWith("0") ? "1" : "0");
}

/** The same message with a word of its content exchanged for one of the same length. */
function replaceText(der: Uint8Array, word: string, by: string): Uint8Array {
  return new Uint8Array(Buffer.from(Buffer.from(der).toString("latin1").replace(word, by), "latin1"));
}
