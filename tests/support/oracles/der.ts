/** Just enough DER for the command-line tools: keys, signatures and ciphertexts of SM2. */

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const head =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), body]);
};

function integer(bytes: Uint8Array): Buffer {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const short = bytes.subarray(from);
  return tlv(2, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), short]) : short);
}

/** SEQUENCE of id-ecPublicKey and the SM2 curve. */
const algorithm = Buffer.from("301306072a8648ce3d020106082a811ccf5501822d", "hex");

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`;

/** SubjectPublicKeyInfo in PEM. */
export const publicKeyPem = (publicKey: Uint8Array): string =>
  pem("PUBLIC KEY", tlv(0x30, algorithm, tlv(3, Buffer.of(0), publicKey)));

/** PKCS#8 in PEM. */
export function privateKeyPem(privateKey: Uint8Array, publicKey: Uint8Array): string {
  const inner = tlv(0x30, integer(Buffer.of(1)), tlv(4, privateKey), tlv(0xa1, tlv(3, Buffer.of(0), publicKey)));
  return pem("PRIVATE KEY", tlv(0x30, integer(Buffer.of(0)), algorithm, tlv(4, inner)));
}

/** The contents of a SEQUENCE's members, numbers without their leading zeros. */
function members(der: Uint8Array): Buffer[] {
  const read = (at: number): { tag: number; from: number; to: number } => {
    const first = der[at + 1] ?? 0;
    const extra = first < 128 ? 0 : first & 127;
    const len =
      extra === 0 ? first : Number.parseInt(Buffer.from(der.subarray(at + 2, at + 2 + extra)).toString("hex"), 16);
    return { tag: der[at] ?? 0, from: at + 2 + extra, to: at + 2 + extra + len };
  };
  const outer = read(0);
  const out: Buffer[] = [];
  for (let at = outer.from; at < outer.to;) {
    const { from, to } = read(at);
    out.push(Buffer.from(der.subarray(from, to)));
    at = to;
  }
  return out;
}

const fixed = (bytes: Buffer | undefined): Buffer =>
  Buffer.concat([Buffer.alloc(32), bytes ?? Buffer.alloc(0)]).subarray(-32);

/** r ‖ s → SEQUENCE of two INTEGERs, and back. */
export const signatureToDer = (raw: Uint8Array): Buffer =>
  tlv(0x30, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));

export function signatureFromDer(der: Uint8Array): Buffer {
  const [r, s] = members(der);
  return Buffer.concat([fixed(r), fixed(s)]);
}

/** 04 ‖ C1 ‖ C3 ‖ C2 → SEQUENCE of x, y, C3, C2 (GM/T 0009 clause 7.2), and back. */
export const ciphertextToDer = (raw: Uint8Array): Buffer =>
  tlv(
    0x30,
    integer(raw.subarray(1, 33)),
    integer(raw.subarray(33, 65)),
    tlv(4, raw.subarray(65, 97)),
    tlv(4, raw.subarray(97)),
  );

export function ciphertextFromDer(der: Uint8Array): Buffer {
  const [x, y, c3, c2] = members(der);
  return Buffer.concat([Buffer.of(4), fixed(x), fixed(y), c3 ?? Buffer.alloc(0), c2 ?? Buffer.alloc(0)]);
}
