/** Signatures in DER, as OpenSSL writes them and libsm-js reads them; ours are r ‖ s. */

/** r and s of a DER signature: two short INTEGERs in a short SEQUENCE. */
export function parseSignature(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const len = der[at + 1] ?? 0;
    const number = der.slice(at + 2, at + 2 + len).slice(-32);
    raw.set(number, end - number.length);
    at += 2 + len;
  }
  return raw;
}

/** The shortest DER INTEGER of 32 bytes. */
function encodeInteger(number: Uint8Array): readonly number[] {
  const short = [...number.subarray(number.findIndex((byte) => byte !== 0))];
  const signed = (short[0] ?? 0) > 127 ? [0, ...short] : short;
  return [2, signed.length, ...signed];
}

export function encodeSignature(raw: Uint8Array): Uint8Array {
  const body = [...encodeInteger(raw.subarray(0, 32)), ...encodeInteger(raw.subarray(32))];
  return Uint8Array.of(0x30, body.length, ...body);
}
