import { describe, expect, test } from "vitest";
import { openLibrary, SIGNATURES } from "../../support/soft-token/driver.ts";
import { makeToken } from "../../support/soft-token/token.ts";
import { LAYOUTS } from "../../support/soft-token/variants.ts";
import { openStage, place } from "./stage.ts";

/** Bytes of structures and where fields stand, as other headers than ours gave them: packed 4, natural 4, packed 8, natural 8. */
const TABLE: Readonly<Record<string, readonly [number, number, number, number]>> = {
  ULONG: [4, 4, 8, 8],
  VERSION: [2, 2, 2, 2],
  DEVINFO: [294, 296, 326, 328],
  "DEVINFO.AlgSymCap": [198, 200, 198, 200],
  ECCPUBLICKEYBLOB: [132, 132, 136, 136],
  ECCPRIVATEKEYBLOB: [68, 68, 72, 72],
  ECCSIGNATUREBLOB: [128, 128, 128, 128],
  ECCCIPHERBLOB: [165, 168, 169, 176],
  "ECCCIPHERBLOB.Cipher": [164, 164, 168, 168],
  BLOCKCIPHERPARAM: [44, 44, 56, 56],
  "ENVELOPEDKEYBLOB.PubKey": [76, 76, 88, 88],
  "ENVELOPEDKEYBLOB.ECCCipherBlob": [208, 208, 224, 224],
  FILEATTRIBUTE: [44, 44, 56, 56],
  RSAPUBLICKEYBLOB: [268, 268, 276, 280],
  RSAPRIVATEKEYBLOB: [1164, 1164, 1172, 1176],
};

const names = Object.keys(SIGNATURES);

describe.each(LAYOUTS.map((layout, column) => ({ ...layout, column })))("$name", ({ name, column }) => {
  test("has the structures of the table", () => {
    const { library } = makeToken({ folder: place(), layout: name });
    const lines = openLibrary(library, name).layout().trim().split("\n");
    const expected = Object.entries(TABLE).map(([what, sizes]) => `${what}=${sizes[column]}`);
    expect(lines).toEqual(expected);
  });

  test("writes all of DEVINFO and nothing behind it", () => {
    const { skf, device } = openStage({ layout: name });
    const [filled, other] = [Buffer.alloc(1024, 0xaa), Buffer.alloc(1024, 0x55)];
    expect(skf.call("GetDevInfo", device, filled)).toBe(0);
    expect(skf.call("GetDevInfo", device, other)).toBe(0);
    const len = filled.findLastIndex((byte, at) => byte === other[at]) + 1;
    expect(len).toBe(TABLE["DEVINFO"]?.[column]);
    expect(filled.subarray(0, len)).toEqual(other.subarray(0, len));
    expect(filled.readUInt32LE(TABLE["DEVINFO.AlgSymCap"]?.[column] ?? 0)).toBe(0x413);
  });
});

describe("exported names", () => {
  const open = (exports: "standard" | "vendor" | "foreign") =>
    openLibrary(makeToken({ folder: place(), exports }).library, "packed4");

  test("standard: all of 2012, and no decryption", () => {
    expect(names).toHaveLength(71);
    const skf = open("standard");
    expect(names.filter((name) => !skf.has(name))).toEqual([]);
    expect(["ECCDecrypt", "PrvKeyDecrypt", "SetSymmKey", "DestroyKey"].filter((name) => skf.has(name))).toEqual([]);
  });

  test("vendor: both decryptions beside it", () => {
    const skf = open("vendor");
    expect([...names, "ECCDecrypt", "PrvKeyDecrypt"].filter((name) => !skf.has(name))).toEqual([]);
  });

  test("foreign: no CloseHandle, no waiting, other names", () => {
    const skf = open("foreign");
    const missing = ["CloseHandle", "DisConnectDev", "WaitForDevEvent", "CancelWaitForDevEvent"];
    expect(names.filter((name) => !skf.has(name)).sort()).toEqual(
      [...missing, "Mac", "MacFinal", "MacInit", "MacUpdate"].sort(),
    );
    const instead = ["DestroyKey", "CloseHash", "CloseMac", "DisconnectDev", "MAC", "MACInit"];
    expect(instead.filter((name) => !skf.has(name))).toEqual([]);
  });
});
