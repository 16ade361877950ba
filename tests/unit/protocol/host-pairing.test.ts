import { isDeepStrictEqual } from "node:util";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { fingerprintOf } from "@certbridge/protocol/host/identity";
import { encodeRequestStatement } from "@certbridge/protocol/host/proof";
import { encodeSealedPin, readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { encodeHostStatement, HOST_LABEL } from "@certbridge/protocol/statement";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../packages/protocol/src/canonical.ts";

/** docs/formats/host-pairing.md */
const utf8 = (text: string) => new TextEncoder().encode(text);
const consent = (byte: number) => encodeBase64Url(new Uint8Array(16).fill(byte));

describe("one text for one value", () => {
  test("whatever the order of the keys", () => {
    expect(canonicalJson({ b: [{ z: null, a: "中" }], a: "1", B: {} })).toBe(
      '{"B":{},"a":"1","b":[{"a":"中","z":null}]}',
    );
  });

  /** The same value with the keys of every object turned round. */
  function turned(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, held]) => [key, turned(held)]),
    );
  }

  const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test("two values have one text where, and only where, they are the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(canonicalJson(asSent(turned(one)))).toBe(canonicalJson(one));
        const isSame = isDeepStrictEqual(asSent(one), asSent(other));
        expect(canonicalJson(one) === canonicalJson(other)).toBe(isSame);
      }),
    );
  });
});

describe("what a proof signs", () => {
  const request = { host: "h", session: "s", id: "i", operation: "login", params: { keyId: "k", origin: "o" } };

  test("names program, run, request, verb and params", () => {
    expect(new TextDecoder().decode(encodeRequestStatement(request))).toBe(
      '["shared-certificate/host-request/v1","h","s","i","login",{"keyId":"k","origin":"o"}]',
    );
  });

  test.each([
    { host: "h2" },
    { session: "s2" },
    { id: "i2" },
    { operation: "sign" },
    { params: { keyId: "k", origin: "o2" } },
    { params: { keyId: "k", origin: "o", more: null } },
    { host: 'h","s', session: "" },
  ])("%j is another request", (change) => {
    expect(encodeRequestStatement({ ...request, ...change })).not.toEqual(encodeRequestStatement(request));
  });
});

describe("a sealed PIN", () => {
  test("is the same length for every PIN, and comes back for its consent alone", () => {
    for (const pin of ["1", "沉香-135790", "字".repeat(64), "\0\0"]) {
      const plaintext = encodeSealedPin(consent(7), utf8(pin));
      expect(plaintext).toHaveLength(25 + 1 + 16 + 1 + 192);
      expect(readSealedPin(consent(7), plaintext)).toEqual(utf8(pin));
      expect(readSealedPin(consent(8), plaintext)).toBeNull();
    }
  });

  test("any altered byte of what stands around the PIN makes it none", () => {
    const plaintext = encodeSealedPin(consent(7), utf8("246810"));
    for (let at = 0; at < plaintext.length; at++) {
      if (at >= 43 && at < 49) continue;
      const altered = plaintext.slice();
      altered[at] = (altered[at] ?? 0) ^ 0xff;
      expect(readSealedPin(consent(7), altered), `byte ${at}`).toBeNull();
    }
    for (const len of [0, 42, 234, 236]) expect(readSealedPin(consent(7), new Uint8Array(len))).toBeNull();
  });

  test("no PIN, and one that is too long, are refused", () => {
    expect(() => encodeSealedPin(consent(7), new Uint8Array(0))).toThrow(RangeError);
    expect(() => encodeSealedPin(consent(7), new Uint8Array(193))).toThrow(RangeError);
    const empty = encodeSealedPin(consent(7), utf8("1"));
    empty.fill(0, 42);
    expect(readSealedPin(consent(7), empty)).toBeNull();
  });
});

test("the program's statement is its label, a zero and two digests", () => {
  const [challenge, session] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const statement = encodeHostStatement({ challenge, session });
  expect(statement).toHaveLength(91);
  expect(new TextDecoder().decode(statement.subarray(0, 26))).toBe(HOST_LABEL);
  expect(statement[26]).toBe(0);
  expect(statement.subarray(27)).toEqual(Uint8Array.of(...challenge, ...session));
});

test("a fingerprint is ten bytes in five groups", () => {
  expect(fingerprintOf(Uint8Array.from({ length: 32 }, (_, at) => at * 16 + at))).toBe("0011-2233-4455-6677-8899");
});
