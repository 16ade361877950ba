import { describe, expect, it } from "vitest";
import { layouts, structureOf } from "../../../../apps/host/src/stores/usb-key/layout.ts";
import { StructureError, structuresOf } from "../../../../apps/host/src/stores/usb-key/structures.ts";

const filled = (len: number, value: number) => new Uint8Array(len).fill(value);

describe.each(layouts)("structures of %o", (layout) => {
  const structures = structuresOf(layout);
  const spanOf = (name: Parameters<typeof structureOf>[0], field: string) => {
    const span = structureOf(name, layout).fields.get(field);
    if (span === undefined) throw new Error(field);
    return span;
  };

  it("reads a public key from the ends of its slots", () => {
    const room = structures.room("ECCPUBLICKEYBLOB");
    room.writeUInt32LE(256, spanOf("ECCPUBLICKEYBLOB", "bits").at);
    room.set(filled(32, 1), spanOf("ECCPUBLICKEYBLOB", "x").at + 32);
    room.set(filled(32, 2), spanOf("ECCPUBLICKEYBLOB", "y").at + 32);
    expect(structures.publicKey(room)).toEqual(Buffer.concat([Uint8Array.of(4), filled(32, 1), filled(32, 2)]));
  });

  it("refuses what 256 bits do not hold", () => {
    const room = structures.room("ECCSIGNATUREBLOB");
    room[spanOf("ECCSIGNATUREBLOB", "s").at + 31] = 1;
    expect(() => structures.signature(room)).toThrow(StructureError);
    const key = structures.room("ECCPUBLICKEYBLOB");
    key.writeUInt32LE(512, spanOf("ECCPUBLICKEYBLOB", "bits").at);
    expect(() => structures.publicKey(key)).toThrow(StructureError);
  });

  it("writes a ciphertext as long as its cipher", () => {
    const parts = { x: filled(32, 1), y: filled(32, 2), hash: filled(32, 3), cipher: filled(16, 4) };
    const { bytes, len } = structures.cipher(parts);
    const { at } = spanOf("ECCCIPHERBLOB", "cipher");
    expect(len).toBe(at + 16);
    expect(bytes.subarray(at, at + 16)).toEqual(Buffer.from(parts.cipher));
    expect(bytes.readUInt32LE(spanOf("ECCCIPHERBLOB", "cipherLen").at)).toBe(16);
    const x = spanOf("ECCCIPHERBLOB", "x").at;
    expect(bytes.subarray(x, x + 64)).toEqual(Buffer.concat([filled(32, 0), parts.x]));
    expect(() => structures.cipher({ ...parts, hash: filled(31, 3) })).toThrow(RangeError);
    expect(() => structures.cipher({ ...parts, x: filled(33, 3) })).toThrow(RangeError);
  });

  it("writes the parameters of a cipher, and no padding", () => {
    const bytes = structures.cipherParameters(filled(16, 7));
    expect(bytes).toHaveLength(structureOf("BLOCKCIPHERPARAM", layout).len);
    expect(bytes.subarray(0, 32)).toEqual(Buffer.concat([filled(16, 7), filled(16, 0)]));
    expect(bytes.readUInt32LE(spanOf("BLOCKCIPHERPARAM", "ivLen").at)).toBe(16);
    expect(bytes.readUInt32LE(spanOf("BLOCKCIPHERPARAM", "padding").at)).toBe(0);
  });

  it("writes an enveloped key", () => {
    const key = { x: filled(32, 1), y: filled(32, 2), hash: filled(32, 3), cipher: filled(16, 4) };
    const publicKey = Uint8Array.from([4, ...filled(32, 5), ...filled(32, 6)]);
    const bytes = structures.envelopedKey({ algorithm: 0x401, encryptedPrivateKey: filled(64, 9), publicKey, key });
    const at = (field: string) => spanOf("ENVELOPEDKEYBLOB", field).at;
    expect(bytes.readUInt32LE(at("version"))).toBe(1);
    expect(bytes.readUInt32LE(at("symmetricAlgorithm"))).toBe(0x401);
    expect(bytes.readUInt32LE(at("bits"))).toBe(256);
    expect(bytes.subarray(at("publicKey.y") + 32, at("publicKey.y") + 64)).toEqual(Buffer.from(filled(32, 6)));
    expect(bytes.subarray(at("cipher.cipher"), at("cipher.cipher") + 16)).toEqual(Buffer.from(key.cipher));
    const compressed = publicKey.slice(0, 33);
    const parts = { algorithm: 0x401, encryptedPrivateKey: filled(64, 9), key };
    expect(() => structures.envelopedKey({ ...parts, publicKey: compressed })).toThrow(RangeError);
    expect(() => structures.envelopedKey({ ...parts, publicKey, encryptedPrivateKey: filled(65, 9) })).toThrow(
      RangeError,
    );
  });
});
