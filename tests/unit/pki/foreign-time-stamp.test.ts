/** Time stamps as the field sends them: what is taken, and what is refused with which word. */
import { element, oid, signData } from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW } from "../../support/authority.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import { attribute, binding, content, OID, sequence } from "./crafted.ts";
import {
  authority,
  craftStamp,
  imprint,
  SHA1_BINDING,
  type StampShape,
  sub,
  time,
  tsa,
  verdict,
  verify,
} from "./crafted-stamp.ts";

function nameOfTsa(): Uint8Array {
  return element(0xa0, element(0xa4, tsa.certificate.subject.der));
}

function extension(...flags: readonly string[]): Uint8Array {
  return element(0xa1, sequence("06022a03", ...flags, "0400"));
}

describe("what the field sends", () => {
  const accuracy = (...parts: readonly string[]) => sequence(...parts);
  test.each<[string, StampShape, number | null]>([
    ["as it is crafted", {}, null],
    ["whole seconds", { time: time("20261123090000Z") }, null],
    ["an accuracy", { rest: [accuracy("020102", "800201f4", "810101")] }, 2501],
    ["an accuracy of nothing", { rest: [accuracy()] }, 0],
    [
      "everything that may stand there",
      { rest: [accuracy("02010a"), "0101ff", "020109", nameOfTsa(), extension()] },
      10_000,
    ],
    ["ordering said to be false", { rest: ["010100"] }, null],
  ])("is taken: %s", (_what, shape, accuracyMs) => {
    expect(verify(craftStamp(shape)).accuracyMs).toBe(accuracyMs);
  });

  test.each<[string, string, StampShape]>([
    ["version 2", "MALFORMED", { version: "020102" }],
    ["UTCTime", "MALFORMED", { time: time("261123090000Z", 0x17) }],
    ["a time with a trailing zero", "MALFORMED", { time: time("20261123090000.120Z") }],
    ["no content", "MALFORMED", { detached: true }],
    ["another content type", "MALFORMED", { type: OID.data }],
    ["content that is no info", "MALFORMED", { info: sequence("020101") }],
    ["content that is no DER", "MALFORMED", { info: Uint8Array.of(0x30, 0x80, 0, 0) }],
    ["an order that is not the standard's", "MALFORMED", { rest: ["020109", "0101ff"] }],
    ["something more", "MALFORMED", { rest: ["0500"] }],
    ["a negative nonce", "MALFORMED", { rest: ["0201ff"] }],
    ["an accuracy with more in it", "MALFORMED", { rest: [accuracy("0500")] }],
    ["an accuracy of five bytes of seconds", "MALFORMED", { rest: [accuracy("02050100000000")] }],
    ["a negative accuracy", "MALFORMED", { rest: [accuracy("8001ff")] }],
    ["a critical extension", "CHAIN_CONSTRAINT", { rest: [extension("0101ff")] }],
    ["an extension of four parts", "MALFORMED", { rest: [extension("010100", "0400")] }],
    ["SHA-256", "IMPRINT_UNSUPPORTED", { imprint: sequence(sequence(OID.sha256), element(4, imprint)) }],
    ["SHA-1", "IMPRINT_UNSUPPORTED", { imprint: sequence(sequence("06052b0e03021a"), element(4, imprint)) }],
    ["SM3 of 31 bytes", "MALFORMED", { imprint: sequence(sequence(OID.sm3), element(4, imprint.subarray(1))) }],
    ["another imprint", "CONTENT_MISMATCH", { imprint: sequence(sequence(OID.sm3), element(4, gm.sm3(imprint))) }],
    ["a year after the certificate", "CERTIFICATE_EXPIRED", { time: time("20281123090000Z") }],
    ["no certificate bound", "SIGNATURE_INVALID", { bound: [] }],
    ["another certificate bound", "SIGNATURE_INVALID", { bound: [binding(sub.certificate.der)] }],
  ])("is refused: %s, %s", (_what, code, shape) => {
    expect(verdict(craftStamp(shape))).toBe(code);
  });

  test("another's signature is refused, whoever is trusted", () => {
    const token = craftStamp({});
    const at = token.length - 1;
    token[at] = (token[at] ?? 0) ^ 1;
    expect(verdict(token, { trusted: () => true })).toBe("SIGNATURE_INVALID");
    expect(verdict(signData(gm, { contentType: oid.gmData, content, signedAt: NOW, ...tsa }))).toBe("MALFORMED");
    expect(verdict(new Uint8Array(128 * 1024 + 1))).toBe("MALFORMED");
  });

  test("a certificate bound by SHA-1 or SHA-256 is taken by who can compute it, and by nobody else", () => {
    const own = tsa.certificate.der;
    const bindings = [
      attribute(SHA1_BINDING, sequence(sequence(sequence(element(4, foreignHash("SHA-1", own)))))),
      attribute(OID.signingCertificateV2, sequence(sequence(sequence(element(4, foreignHash("SHA-256", own)))))),
    ];
    for (const bound of bindings) {
      expect(verdict(craftStamp({ bound: [bound] }))).toBe("SIGNATURE_INVALID");
      expect(verdict(craftStamp({ bound: [bound] }), { hash: foreignHash })).toBe("OK");
    }
  });

  test("is in force from the certificate's first instant to its last", () => {
    const edges = [
      [-1000, "CERTIFICATE_NOT_YET_VALID"],
      [0, "OK"],
      [DAY, "OK"],
      [DAY + 1000, "CERTIFICATE_EXPIRED"],
    ] as const;
    const by = authority({ notBefore: NOW, notAfter: new Date(NOW.getTime() + DAY) });
    for (const [off, code] of edges) {
      const at = `${new Date(NOW.getTime() + off).toISOString().slice(0, 19).replaceAll(/\D/g, "")}Z`;
      expect(verdict(craftStamp({ by, time: time(at) }), { trusted: () => true })).toBe(code);
    }
  });
});
