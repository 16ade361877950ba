import {
  BOOLEAN,
  checkDer,
  contentOf,
  element,
  encodeGeneralizedTime,
  fixedLen,
  INTEGER,
  malformed,
  objectIdentifier,
  oidOf,
  partsOf,
  SEQUENCE,
  timeOf,
  unsignedInteger,
  unsignedOf,
} from "../der.ts";
import { ProofError } from "../proof-error.ts";
import { GENERALIZED_TIME } from "../time.ts";
import { serialOf } from "../x509/certificate.ts";
import { encodeImprint, type MessageImprint, readImprint } from "./imprint.ts";
import { encodeNonce, readNonce } from "./request.ts";

/** TSTInfo, RFC 3161 clause 2.4.2: what a time stamp says. */
export interface TimeStampInfo {
  /** OID of the authority's policy. */
  readonly policy: string;
  readonly imprint: MessageImprint;
  /** Hexadecimal digits, upper case, two for each byte. */
  readonly serialNumber: string;
  readonly genTime: Date;
  /** By how much the time may be off, either way, rounded up; null where the authority does not say. */
  readonly accuracyMs: number | null;
  /** Digits of the number, big-endian, without zeros in front; null where there is none. */
  readonly nonce: Uint8Array | null;
}

const WHAT = "time stamp";
const MAX_LEN = 8192;
/** RFC 3161 clause 2.4.2: authorities may use 160 bits. */
const SERIAL_LEN = 20;
const VERSION = unsignedInteger(Uint8Array.of(1));

/** The inverse of {@link readAccuracy}, to the millisecond: what is zero is left out. */
function encodeAccuracy(ms: number): Uint8Array<ArrayBuffer> {
  const big = (value: number, len: number) =>
    Uint8Array.from({ length: len }, (_, at) => value >>> (8 * (len - 1 - at)));
  const millis = ms % 1000;
  return element(
    SEQUENCE,
    ...(ms < 1000 ? [] : [unsignedInteger(big(Math.floor(ms / 1000), 4))]),
    ...(millis === 0 ? [] : [element(0x80, contentOf(unsignedInteger(big(millis, 2))))]),
  );
}

/** @param info.imprint SM3, 32 bytes */
export function encodeInfo(info: {
  readonly policy: string;
  readonly imprint: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly genTime: Date;
  readonly accuracyMs: number | null;
  readonly nonce: Uint8Array | null;
}): Uint8Array<ArrayBuffer> {
  const { policy, imprint, serialNumber, genTime, accuracyMs, nonce } = info;
  if (serialNumber.length === 0 || serialNumber.length > SERIAL_LEN) {
    throw new RangeError(`"serialNumber" expected 1 to ${SERIAL_LEN} bytes`);
  }
  return element(
    SEQUENCE,
    VERSION,
    objectIdentifier(policy),
    encodeImprint(imprint),
    unsignedInteger(serialNumber),
    encodeGeneralizedTime(genTime),
    ...(accuracyMs === null ? [] : [encodeAccuracy(accuracyMs)]),
    ...(nonce === null ? [] : [encodeNonce(nonce)]),
  );
}

/** @throws OperationError MALFORMED · ProofError CHAIN_CONSTRAINT for a critical extension: none is known here */
export function parseInfo(der: Uint8Array): TimeStampInfo {
  checkDer(der, MAX_LEN, WHAT);
  const [version, policy, imprint, serialNumber, genTime, ...rest] = partsOf(der, SEQUENCE, WHAT);
  if (unsignedOf(version, WHAT).join() !== "1" || genTime?.[0] !== GENERALIZED_TIME) throw malformed(WHAT);
  const take = (tag: number) => (rest[0]?.[0] === tag ? rest.shift() : undefined);
  const accuracy = take(SEQUENCE);
  // Whether its stamps are in order, and its name: the first is no claim about this one, and the certificate is bound by its hash.
  take(BOOLEAN);
  const nonce = take(INTEGER);
  take(0xa0);
  checkExtensions(take(0xa1));
  if (rest.length > 0) throw malformed(WHAT);
  return {
    policy: oidOf(policy, WHAT),
    imprint: readImprint(imprint, WHAT),
    serialNumber: serialOf(serialNumber, WHAT),
    genTime: timeOf(genTime, WHAT),
    accuracyMs: accuracy === undefined ? null : readAccuracy(accuracy),
    nonce: nonce === undefined ? null : readNonce(nonce, WHAT),
  };
}

function checkExtensions(list: Uint8Array | undefined): void {
  for (const extension of list === undefined ? [] : partsOf(list, 0xa1, WHAT)) {
    const [type, flag, , more] = partsOf(extension, SEQUENCE, WHAT);
    const name = oidOf(type, WHAT);
    if (more !== undefined) throw malformed(WHAT);
    if (flag?.[0] === BOOLEAN && contentOf(flag)[0] === 0xff) {
      throw new ProofError("CHAIN_CONSTRAINT", `critical extension ${name}`);
    }
  }
}

/** Accuracy: seconds, millis [0], micros [1], each where it is not zero. */
function readAccuracy(der: Uint8Array): number {
  const parts = [...partsOf(der, SEQUENCE, WHAT)];
  const take = (tag: number) => (parts[0]?.[0] === tag ? parts.shift() : undefined);
  const [seconds, millis, micros] = [take(INTEGER), take(0x80), take(0x81)];
  if (parts.length > 0) throw malformed(WHAT);
  return numberOf(seconds, 4) * 1000 + numberOf(millis, 2) + Math.ceil(numberOf(micros, 2) / 1000);
}

/** An INTEGER under whichever tag, of at most `len` bytes; zero where there is none. */
function numberOf(integer: Uint8Array | undefined, len: number): number {
  if (integer === undefined) return 0;
  const retagged = element(INTEGER, contentOf(integer));
  return fixedLen(retagged, len, WHAT).reduce((number, byte) => number * 256 + byte, 0);
}
