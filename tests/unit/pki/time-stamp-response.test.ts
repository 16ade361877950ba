/** TimeStampResp, RFC 3161 clause 2.4.2: a token, or why there is none. */
import { encodeTimeStampResponse, hexOf, parseTimeStampResponse, type TimeStampFailure } from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { bytes, codeOf, sequence } from "./crafted.ts";

const token = sequence("020101");
const text = "时间源不可用";

/** Failures with their bit strings, the bits counted by hand from RFC 3161. */
const failures: readonly (readonly [TimeStampFailure, string])[] = [
  ["badAlg", "03020780"],
  ["badRequest", "03020520"],
  ["badDataFormat", "03020204"],
  ["timeNotAvailable", "0303010002"],
  ["unacceptedPolicy", "0303000001"],
  ["unacceptedExtension", "030407000080"],
  ["addInfoNotAvailable", "030406000040"],
  ["systemFailure", "03050600000040"],
];

describe("a response", () => {
  test("is read as it was written", () => {
    const granted = { status: "granted", token } as const;
    expect(hexOf(encodeTimeStampResponse(granted))).toBe(hexOf(sequence(sequence("020100"), token)));
    expect(parseTimeStampResponse(encodeTimeStampResponse(granted))).toEqual(granted);
    for (const rejected of [
      { status: "rejected", failure: null, text: null },
      { status: "rejected", failure: null, text },
      { status: "rejected", failure: "timeNotAvailable", text },
    ] as const) {
      expect(parseTimeStampResponse(encodeTimeStampResponse(rejected))).toEqual(rejected);
    }
  });

  test.each(failures)("names the failure %s by its bit", (failure, bits) => {
    const der = sequence(sequence("020102", bits));
    expect(hexOf(encodeTimeStampResponse({ status: "rejected", failure, text: null }))).toBe(hexOf(der));
    expect(parseTimeStampResponse(der)).toEqual({ status: "rejected", failure, text: null });
  });

  test("is granted with changes, or refused in other ways", () => {
    expect(parseTimeStampResponse(sequence(sequence("020101"), token)).status).toBe("granted");
    for (const status of ["020102", "020103", "020104", "020105"]) {
      expect(parseTimeStampResponse(sequence(sequence(status))).status).toBe("rejected");
    }
    expect(parseTimeStampResponse(sequence(sequence("020102", "03020640")))).toMatchObject({ failure: null });
    const controls = sequence(sequence("020102", sequence("0c0341010a", "0c0142")));
    expect(parseTimeStampResponse(controls)).toMatchObject({ text: "A   B" });
  });

  test.each<[string, Uint8Array]>([
    ["granted without a token", sequence(sequence("020100"))],
    ["rejected with a token", sequence(sequence("020102"), token)],
    ["a status that is none", sequence(sequence("020106"))],
    ["a negative status", sequence(sequence("0201ff"))],
    ["no status", sequence(sequence())],
    ["texts of another type", sequence(sequence("020102", sequence("130141")))],
    ["texts of more than 1024 bytes", sequence(sequence("020102", sequence(`0c820401${"41".repeat(1025)}`)))],
    ["another order", sequence(sequence("020102", "03020780", sequence("0c0141")))],
    ["something more", sequence(sequence("020100"), token, token)],
    ["bytes behind it", Uint8Array.from([...sequence(sequence("020102")), 0])],
    ["no response", bytes("0500")],
  ])("is refused: %s", (_what, der) => {
    expect(codeOf(() => parseTimeStampResponse(der))).toBe("MALFORMED");
  });

  test("is made around DER alone", () => {
    expect(codeOf(() => encodeTimeStampResponse({ status: "granted", token: token.subarray(1) }))).toBe("MALFORMED");
  });
});
