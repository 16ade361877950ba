/** GM/T 0010 EnvelopedData: made in the standard's own form, read as the field sends it, opened by each recipient. */
import {
  element,
  encodeCiphertext,
  encodeEnvelopedData,
  findRecipient,
  hexOf,
  oid,
  openEnvelopedData,
  parseCertificate,
  parseEnvelopedData,
} from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import vectors from "../../vectors/enveloped-data.json" with { type: "json" };
import { bytes, codeOf, content, leaf, sequence, sub } from "./crafted.ts";

const encrypting = { keyUsage: ["keyEncipherment", "dataEncipherment"] } as const;
const holder = party("张三", sub, encrypting);
const spare = party("张三", sub, encrypting);
const committee = party("救济委员会", sub, encrypting);
const stranger = party("李四", sub, encrypting);

const contentKey = gm.sm3(Uint8Array.of(1)).slice(0, 16);
const iv = gm.sm3(Uint8Array.of(2)).slice(0, 16);
const MAX_LEN = limits.keyBlockLen;
const seal = (more: Partial<Parameters<typeof encodeEnvelopedData>[1]> = {}) =>
  encodeEnvelopedData(gm, { content, recipients: [holder.certificate], contentKey, iv, ...more });
const open = (der: Uint8Array, by = holder) =>
  openEnvelopedData(gm, parseEnvelopedData(der, MAX_LEN), by.certificate, by.privateKey);

describe("what we make", () => {
  const all = [holder, spare, committee];
  const der = seal({ recipients: all.map(({ certificate }) => certificate) });

  test("each recipient opens, and nobody else", () => {
    for (const one of all) expect(open(der, one)).toEqual(content);
    const envelope = parseEnvelopedData(der, MAX_LEN);
    expect(findRecipient(envelope, stranger.certificate)).toBeNull();
    expect(open(der, stranger)).toBeNull();
    // The certificate of one with the key of another.
    expect(openEnvelopedData(gm, envelope, holder.certificate, spare.privateKey)).toBeNull();
  });

  test("shows each step to who does them in a device of his own", () => {
    const { recipients, ...rest } = parseEnvelopedData(der, MAX_LEN);
    expect(recipients).toHaveLength(3);
    const recipient = findRecipient({ recipients, ...rest }, spare.certificate);
    expect(recipient?.certificateId).toEqual({
      issuer: spare.certificate.issuer.der,
      serialNumber: spare.certificate.serialNumber,
    });
    const [encryptedKey, ...others] = recipient?.encryptedKeys ?? [];
    expect(encryptedKey).toHaveLength(113);
    expect(others).toEqual([]);
    const key = gm.sm2Decrypt(spare.privateKey, encryptedKey ?? der);
    expect(key).toEqual(contentKey);
    expect(rest).toEqual({
      contentType: oid.gmData,
      iv,
      encryptedContent: gm.sm4CbcEncrypt(contentKey, iv, content),
    });
  });

  test("is laid out as docs/formats/key-block.md says, byte by byte", () => {
    const envelope = seal();
    const [encryptedKey] = parseEnvelopedData(envelope, MAX_LEN).recipients[0]?.encryptedKeys ?? [];
    const recipient = sequence(
      "020101",
      sequence(holder.certificate.issuer.der, element(2, bytes(holder.certificate.serialNumber))),
      sequence("06092a811ccf5501822d03", "0500"),
      element(4, encodeCiphertext(encryptedKey ?? envelope)),
    );
    const encrypted = sequence(
      "060a2a811ccf550601040201",
      sequence("06082a811ccf55016802", element(4, iv)),
      element(0x80, gm.sm4CbcEncrypt(contentKey, iv, content)),
    );
    const body = sequence("020101", element(0x31, recipient), encrypted);
    expect(hexOf(envelope)).toBe(hexOf(sequence("060a2a811ccf550601040203", element(0xa0, body))));
  });

  test("orders the SET OF recipients, whichever way they came", () => {
    const recipients = all.map(({ certificate }) => certificate);
    const ciphertext = gm.sm2Encrypt(holder.publicKey, contentKey);
    const fixed = { ...gm, sm2Encrypt: () => ciphertext };
    const sealed = (some: typeof recipients) =>
      encodeEnvelopedData(fixed, { content, recipients: some, contentKey, iv });
    expect(sealed(recipients)).toEqual(sealed(recipients.toReversed()));
  });

  test("takes one to eight recipients, and 64 KiB", () => {
    const many = (length: number) => Array.from({ length }, () => holder.certificate);
    expect(parseEnvelopedData(seal({ recipients: many(8) }), MAX_LEN).recipients).toHaveLength(8);
    expect(() => seal({ recipients: many(9) })).toThrow(RangeError);
    expect(() => seal({ recipients: [] })).toThrow(RangeError);
    const large = seal({ content: new Uint8Array(64 * 1024) });
    const envelope = parseEnvelopedData(large, large.length);
    expect(openEnvelopedData(gm, envelope, holder.certificate, holder.privateKey)).toHaveLength(64 * 1024);
    expect(codeOf(() => parseEnvelopedData(large, large.length - 1))).toBe("MALFORMED");
    expect(() => seal({ content: new Uint8Array(64 * 1024 + 1) })).toThrow(RangeError);
    expect(open(seal({ content: new Uint8Array(0) }))).toEqual(new Uint8Array(0));
  });

  test("takes another content type, and keys and vectors of 16 bytes alone", () => {
    expect(parseEnvelopedData(seal({ contentType: "1.2.3" }), MAX_LEN).contentType).toBe("1.2.3");
    for (const len of [0, 15, 17, 32]) {
      expect(() => seal({ contentKey: new Uint8Array(len) })).toThrow(RangeError);
      expect(() => seal({ iv: new Uint8Array(len) })).toThrow(RangeError);
    }
  });

  test("is not made for a certificate that is not for encryption", () => {
    expect(codeOf(() => seal({ recipients: [holder.certificate, leaf.certificate] }))).toBe("CERTIFICATE_USAGE");
  });
});

const OID = {
  gm: "060a2a811ccf550601040203",
  pkcs7: "06092a864886f70d010703",
  gmData: "060a2a811ccf550601040201",
  pkcs7Data: "06092a864886f70d010701",
  sm2: "06082a811ccf5501822d",
  sm2Signature: "06092a811ccf5501822d01",
  sm2KeyExchange: "06092a811ccf5501822d02",
  sm2Encryption: "06092a811ccf5501822d03",
  sm4: "06072a811ccf550168",
  sm4Ecb: "06082a811ccf55016801",
  sm4Cbc: "06082a811ccf55016802",
  rsa: "06092a864886f70d010101",
} as const;

interface Shape {
  readonly type?: string;
  readonly version?: string;
  readonly recipientVersion?: string;
  readonly rid?: Uint8Array;
  readonly keyEncryption?: Uint8Array;
  readonly encryptedKey?: Uint8Array;
  readonly dataType?: string;
  readonly cipher?: Uint8Array;
  readonly encrypted?: readonly Uint8Array[];
  readonly recipients?: (one: Uint8Array) => readonly Uint8Array[];
  /** Behind the named element of the frame. */
  readonly after?: Partial<Record<"frame" | "body" | "wrapped" | "recipient", Uint8Array>>;
}

const { issuer, serialNumber, subjectKeyId } = holder.certificate;
const rid = sequence(issuer.der, element(2, bytes(serialNumber)));
const raw = gm.sm2Encrypt(holder.publicKey, contentKey);
const text = gm.sm4CbcEncrypt(contentKey, iv, content);
/** C1, C3 and C2 in another order, with or without 04. */
const layout = (order: "C1C3C2" | "C1C2C3", leading: boolean): Uint8Array => {
  const [c1, c3, c2] = [raw.subarray(1, 65), raw.subarray(65, 97), raw.subarray(97)];
  return Uint8Array.from([...(leading ? [4] : []), ...c1, ...(order === "C1C3C2" ? [...c3, ...c2] : [...c2, ...c3])]);
};

/** An envelope of any shape, put together by hand. */
function craft(shape: Shape): Uint8Array {
  const { after = {} } = shape;
  const behind = (part: Uint8Array | undefined) => (part === undefined ? [] : [part]);
  const recipient = sequence(
    shape.recipientVersion ?? "020101",
    shape.rid ?? rid,
    shape.keyEncryption ?? sequence(OID.sm2Encryption, "0500"),
    element(4, shape.encryptedKey ?? encodeCiphertext(raw)),
    ...behind(after.recipient),
  );
  const encrypted = sequence(
    shape.dataType ?? OID.gmData,
    shape.cipher ?? sequence(OID.sm4Cbc, element(4, iv)),
    ...(shape.encrypted ?? [element(0x80, text)]),
  );
  const recipients = element(0x31, ...(shape.recipients?.(recipient) ?? [recipient]));
  const body = sequence(shape.version ?? "020101", recipients, encrypted, ...behind(after.body));
  return sequence(shape.type ?? OID.gm, element(0xa0, body, ...behind(after.wrapped)), ...behind(after.frame));
}

describe("what CFCA's program made", () => {
  test.each(vectors.testGroups.flatMap(({ tests }) => tests))("$flags", ({ flags, ...vector }) => {
    const certificate = parseCertificate(bytes(vector.certificate));
    const envelope = parseEnvelopedData(bytes(vector.ct), MAX_LEN);
    const privateKey = bytes(vector.privateKey);
    const opened = openEnvelopedData(gm, envelope, certificate, privateKey, foreignHash);
    expect(hexOf(opened ?? iv)).toBe(vector.msg);
    // Without SHA-1 it is found by the identifier that the certificate itself carries.
    const isNamed = flags.includes("CertificateHasKeyId");
    expect(findRecipient(envelope, certificate) !== null).toBe(isNamed);
    expect(openEnvelopedData(gm, envelope, certificate, privateKey) !== null).toBe(isNamed);
  });
});

describe("what the field sends", () => {
  test.each<[string, Shape]>([
    ["as it is crafted", {}],
    ["with PKCS#7's identifiers", { type: OID.pkcs7, dataType: OID.pkcs7Data }],
    ["with both families mixed", { type: OID.pkcs7 }],
    ["with both families mixed the other way", { dataType: OID.pkcs7Data }],
    ["versions 0", { version: "020100", recipientVersion: "020100" }],
    ["versions 2", { version: "020102", recipientVersion: "020102" }],
    ["by key identifier", { rid: element(0x80, bytes(subjectKeyId ?? "")) }],
    ["SM2's own name", { keyEncryption: sequence(OID.sm2) }],
    ["SM2's own name with NULL", { keyEncryption: sequence(OID.sm2, "0500") }],
    ["the signature's name", { keyEncryption: sequence(OID.sm2Signature) }],
    ["the key exchange's name", { keyEncryption: sequence(OID.sm2KeyExchange) }],
    ["301.3 without parameters", { keyEncryption: sequence(OID.sm2Encryption) }],
    ["SM4 by the cipher's name alone", { cipher: sequence(OID.sm4, element(4, iv)) }],
    ["04 ‖ C1 ‖ C3 ‖ C2", { encryptedKey: layout("C1C3C2", true) }],
    ["C1 ‖ C3 ‖ C2", { encryptedKey: layout("C1C3C2", false) }],
    ["04 ‖ C1 ‖ C2 ‖ C3", { encryptedKey: layout("C1C2C3", true) }],
    ["C1 ‖ C2 ‖ C3", { encryptedKey: layout("C1C2C3", false) }],
    ["with eight recipients", { recipients: (one) => Array.from({ length: 8 }, () => one) }],
  ])("opens %s", (_what, shape) => {
    expect(open(craft(shape))).toEqual(content);
  });

  const empty = sequence();
  test.each<[string, Shape]>([
    ["SignedData", { type: "060a2a811ccf550601040202" }],
    ["version 3", { version: "020103" }],
    ["version −1", { version: "0201ff" }],
    ["a version that is none", { version: "0500" }],
    ["a recipient of version 3", { recipientVersion: "020103" }],
    ["no recipient", { recipients: () => [] }],
    ["nine recipients", { recipients: (one) => Array.from({ length: 9 }, () => one) }],
    ["a recipient by key agreement", { recipients: (one) => [one, element(0xa1)] }],
    ["a recipient named by issuer alone", { rid: sequence(issuer.der) }],
    ["a recipient named by more", { rid: sequence(issuer.der, "020101", "020101") }],
    ["a key identifier that is constructed", { rid: element(0xa0, element(4, bytes(subjectKeyId ?? ""))) }],
    ["RSA", { keyEncryption: sequence(OID.rsa, "0500") }],
    ["SM2 with a parameter", { keyEncryption: sequence(OID.sm2Encryption, OID.sm2) }],
    ["an encrypted key of 14 bytes", { encryptedKey: gm.sm2Encrypt(holder.publicKey, contentKey.subarray(2)) }],
    ["an encrypted key of 32 bytes", { encryptedKey: gm.sm2Encrypt(holder.publicKey, new Uint8Array(32)) }],
    ["no encrypted key", { encryptedKey: new Uint8Array(0) }],
    ["SM4-ECB", { cipher: sequence(OID.sm4Ecb, element(4, iv)) }],
    ["SM4 without a vector", { cipher: sequence(OID.sm4Cbc) }],
    ["SM4 with NULL in place of a vector", { cipher: sequence(OID.sm4, "0500") }],
    ["a vector of 12 bytes", { cipher: sequence(OID.sm4Cbc, element(4, iv.subarray(4))) }],
    ["two vectors", { cipher: sequence(OID.sm4Cbc, element(4, iv), element(4, iv)) }],
    ["no encrypted content", { encrypted: [] }],
    ["an empty encrypted content", { encrypted: [element(0x80)] }],
    ["half a block", { encrypted: [element(0x80, text.subarray(8))] }],
    ["encrypted content in pieces", { encrypted: [element(0xa0, element(4, text))] }],
    ["encrypted content of another tag", { encrypted: [element(4, text)] }],
    ["shared information", { encrypted: [element(0x80, text), element(0x81, iv)] }],
    ["attributes", { after: { body: element(0xa1) } }],
    ["something behind a recipient", { after: { recipient: empty } }],
    ["something behind the envelope", { after: { frame: empty } }],
    ["a second envelope beside it", { after: { wrapped: empty } }],
  ])("refuses %s", (_what, shape) => {
    expect(codeOf(() => parseEnvelopedData(craft(shape), MAX_LEN))).toBe("MALFORMED");
  });

  test("refuses bytes that are no message", () => {
    for (const der of [new Uint8Array(0), bytes("020101"), Uint8Array.from([...craft({}), 0])]) {
      expect(codeOf(() => parseEnvelopedData(der, MAX_LEN))).toBe("MALFORMED");
    }
  });

  test("every failure of key and padding is the same answer", () => {
    const flipped = text.slice();
    const at = flipped.length - 1;
    flipped[at] = (flipped[at] ?? 0) ^ 0xff;
    const wrong: readonly Shape[] = [
      { encryptedKey: encodeCiphertext(gm.sm2Encrypt(stranger.publicKey, contentKey)) },
      { encryptedKey: encodeCiphertext(gm.sm2Encrypt(holder.publicKey, iv)) },
      { encryptedKey: Uint8Array.from({ length: 112 }, () => 0xff) },
      { encrypted: [element(0x80, flipped)] },
      { encrypted: [element(0x80, new Uint8Array(16))] },
      { rid: sequence(issuer.der, "020101") },
    ];
    for (const shape of wrong) expect(open(craft(shape))).toBeNull();
  });

  test("of two entries for one certificate the first is taken", () => {
    const first = craft({ recipients: (one) => [one, sequence("020100", rid, sequence(OID.sm2), element(4, raw))] });
    const envelope = parseEnvelopedData(first, MAX_LEN);
    expect(findRecipient(envelope, holder.certificate)).toBe(envelope.recipients[0]);
  });

  test("the key is wiped after use", () => {
    const seen: Uint8Array[] = [];
    const watched = {
      ...gm,
      sm2Decrypt: (privateKey: Uint8Array, ciphertext: Uint8Array) => {
        const key = gm.sm2Decrypt(privateKey, ciphertext);
        if (key !== null) seen.push(key);
        return key;
      },
    };
    const envelope = parseEnvelopedData(craft({}), MAX_LEN);
    expect(openEnvelopedData(watched, envelope, holder.certificate, holder.privateKey)).toEqual(content);
    expect(seen).toEqual([new Uint8Array(16)]);
  });
});
