import {
  BIT_STRING,
  checkDer,
  contentsOf,
  element,
  fixedLen,
  malformed,
  partsOf,
  SEQUENCE,
  unsignedInteger,
  UTF8_STRING,
} from "../der.ts";

/** PKIFailureInfo, RFC 3161 clause 2.4.2: why no stamp was made, and the number of its bit. */
const FAILURES = [
  ["badAlg", 0],
  ["badRequest", 2],
  ["badDataFormat", 5],
  ["timeNotAvailable", 14],
  ["unacceptedPolicy", 15],
  ["unacceptedExtension", 16],
  ["addInfoNotAvailable", 17],
  ["systemFailure", 25],
] as const;

/** Why an authority made no stamp: the name of a bit of PKIFailureInfo. */
export type TimeStampFailure = (typeof FAILURES)[number][0];

/** TimeStampResp (时间戳响应), RFC 3161 clause 2.4.2: a token, or why there is none. */
export type TimeStampResponse =
  | { readonly status: "granted"; readonly token: Uint8Array }
  | {
      readonly status: "rejected";
      /** Null where the authority does not say, or says what RFC 3161 does not know. */
      readonly failure: TimeStampFailure | null;
      /** In the authority's words, for its administrators; null where there are none. */
      readonly text: string | null;
    };

const WHAT = "time stamp response";
const MAX_LEN = 256 * 1024;
const TEXT_LEN = 1024;

/** PKIStatus: granted, granted with changes; and from there refusals: rejection, waiting, and two about revocation. */
const GRANTED: readonly number[] = [0, 1];
const REJECTION = 2;
const LAST_STATUS = 5;

/** A BIT STRING of one named bit: DER leaves out what follows it (X.690 clause 11.2.2). */
function encodeFailure(bit: number): Uint8Array<ArrayBuffer> {
  const contents = new Uint8Array(2 + (bit >> 3));
  contents[0] = 7 - (bit & 7);
  contents[contents.length - 1] = 0x80 >> (bit & 7);
  return element(BIT_STRING, contents);
}

/** A response, DER. */
export function encodeTimeStampResponse(response: TimeStampResponse): Uint8Array<ArrayBuffer> {
  if (response.status === "granted") {
    checkDer(response.token, MAX_LEN, WHAT);
    return element(SEQUENCE, element(SEQUENCE, unsignedInteger(Uint8Array.of(0))), response.token);
  }
  const { failure, text } = response;
  const info = [unsignedInteger(Uint8Array.of(REJECTION))];
  if (text !== null) info.push(element(SEQUENCE, element(UTF8_STRING, new TextEncoder().encode(text))));
  for (const [name, bit] of FAILURES) if (name === failure) info.push(encodeFailure(bit));
  return element(SEQUENCE, element(SEQUENCE, ...info));
}

/** The inverse; the token is for {@link verifyTimeStampToken}. @throws OperationError MALFORMED */
export function parseTimeStampResponse(der: Uint8Array): TimeStampResponse {
  checkDer(der, MAX_LEN, WHAT);
  const [info, token, more] = partsOf(der, SEQUENCE, WHAT);
  const [status, ...rest] = partsOf(info, SEQUENCE, WHAT);
  if (status === undefined || more !== undefined) throw malformed(WHAT);
  const [number = 0] = fixedLen(status, 1, WHAT);
  const take = (tag: number) => (rest[0]?.[0] === tag ? rest.shift() : undefined);
  const texts = take(SEQUENCE);
  const bits = take(BIT_STRING);
  const isGranted = GRANTED.includes(number);
  // A token comes with the first two, and with no other (clause 2.4.2).
  if (rest.length > 0 || number > LAST_STATUS || isGranted !== (token !== undefined)) throw malformed(WHAT);
  if (token !== undefined) return { status: "granted", token };
  const text = texts === undefined ? null : readTexts(texts);
  return { status: "rejected", failure: bits === undefined ? null : readFailure(bits), text };
}

function readTexts(list: Uint8Array): string {
  const texts = partsOf(list, SEQUENCE, WHAT).map((text) => contentsOf(text, UTF8_STRING, WHAT));
  if (texts.reduce((sum, { length }) => sum + length, 0) > TEXT_LEN) throw malformed(WHAT);
  // It may end in a log.
  return texts.map((text) => new TextDecoder().decode(text).replaceAll(/\p{Cc}/gu, " ")).join(" ");
}

function readFailure(bits: Uint8Array): TimeStampFailure | null {
  const [, ...bytes] = contentsOf(bits, BIT_STRING, WHAT);
  const found = FAILURES.find(([, bit]) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  return found?.[0] ?? null;
}
