import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { namesIn, openLibrary } from "../../support/soft-token/driver.ts";
import { bytesFrom, CONTENTS, DEVICE, handleFrom, openStage, PIN } from "./stage.ts";

describe("files", () => {
  test("are made, filled, read in parts and deleted", () => {
    const stage = openStage();
    const { skf, application } = stage;
    const create = (name: string) => skf.call("CreateFile", application, name, 10, 0xff, 0x10);
    expect(create("notes")).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(create("notes")).toBe(0);
    expect(create("notes")).toBe(0x0a00002f);
    expect(create("n".repeat(33))).toBe(0x0a000009);
    expect(create("n".repeat(32))).toBe(0);
    expect(namesIn(bytesFrom(skf, "EnumFiles", application))).toEqual(["n".repeat(32), "notes"]);
    const write = (at: number, text: string) =>
      skf.call("WriteFile", application, "notes", at, Buffer.from(text), text.length);
    expect(write(2, "abcd")).toBe(0);
    expect(write(8, "abcd")).toBe(0x0a000010);
    const read = (at: number, len: number) => bytesFrom(skf, "ReadFile", application, "notes", at, len).toString();
    expect(read(0, 5)).toBe("\0\0abc");
    expect(read(5, 100)).toBe("d\0\0\0\0");
    const info = Buffer.alloc(64);
    expect(skf.call("GetFileInfo", application, "notes", info)).toBe(0);
    expect(info.subarray(0, 6).toString()).toBe("notes\0");
    expect([info.readUInt32LE(32), info.readUInt32LE(36), info.readUInt32LE(40)]).toEqual([10, 0xff, 0x10]);
    expect(skf.call("ClearSecureState", application)).toBe(0);
    expect(read(2, 1)).toBe("a");
    expect(write(0, "x")).toBe(0x0a00002d);
    expect(skf.call("DeleteFile", application, "notes")).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(skf.call("DeleteFile", application, "notes")).toBe(0);
    expect(skf.call("GetFileInfo", application, "notes", info)).toBe(0x0a000031);
  });
});

describe("containers", () => {
  test("are made by the user, listed, opened and deleted", () => {
    const stage = openStage();
    const { skf, application } = stage;
    expect(skf.call("CreateContainer", application, "second", skf.out())).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    const second = handleFrom(skf, "CreateContainer", application, "second");
    expect(skf.call("CreateContainer", application, "second", skf.out())).toBe(0x0a000006);
    expect(skf.call("CreateContainer", application, "x".repeat(65), skf.out())).toBe(0x0a000009);
    expect(namesIn(bytesFrom(skf, "EnumContainer", application))).toEqual(["pair", "second"]);
    const type = skf.out();
    expect([skf.call("GetContainerType", second, type), type.value]).toEqual([0, 0]);
    expect([skf.call("GetContainerType", stage.container, type), type.value]).toEqual([0, 2]);
    stage.token.setConf({ "container-type": "shifted" });
    expect([skf.call("GetContainerType", second, type), type.value]).toEqual([0, 1]);
    expect([skf.call("GetContainerType", stage.container, type), type.value]).toEqual([0, 3]);
    expect(skf.call("DeleteContainer", application, "second")).toBe(0);
    expect(skf.call("CloseContainer", second)).toBe(0x0a000005);
    expect(skf.call("OpenContainer", application, "second", skf.out())).toBe(0x0a000006);
    expect(skf.call("CloseContainer", stage.container)).toBe(0);
    expect(skf.call("CloseContainer", stage.container)).toBe(0x0a000005);
  });

  test("keep two certificates apart", () => {
    const { skf, container } = openStage();
    expect(bytesFrom(skf, "ExportCertificate", container, 1)).toEqual(CONTENTS.signing.certificate);
    expect(bytesFrom(skf, "ExportCertificate", container, 0)).toEqual(CONTENTS.encryption.certificate);
    const other = Buffer.alloc(700, 0x30);
    expect(skf.call("ImportCertificate", container, 0, other, other.length)).toBe(0);
    expect(bytesFrom(skf, "ExportCertificate", container, 0)).toEqual(other);
    expect(bytesFrom(skf, "ExportCertificate", container, 1)).toEqual(CONTENTS.signing.certificate);
    const short = skf.out(10);
    const code = skf.call("ExportCertificate", container, 0, Buffer.alloc(10), short);
    expect([code, short.value]).toEqual([0x0a000020, 700]);
  });

  test("without a certificate or a key say so", () => {
    const stage = openStage({}, { application: "empty", pin: PIN, container: "empty" });
    const { skf, container } = stage;
    expect(stage.login()).toBe(0);
    expect(skf.call("ExportCertificate", container, 1, null, skf.out())).toBe(0x0a00001c);
    expect(skf.call("ExportPublicKey", container, 0, null, skf.out())).toBe(0x0a00001b);
    expect(skf.call("ECCSignData", container, Buffer.alloc(32), 32, Buffer.alloc(128))).toBe(0x0a00001b);
  });

  test("are on disk: another copy of the library has the same", () => {
    const first = openStage();
    expect(first.login()).toBe(0);
    const container = handleFrom(first.skf, "CreateContainer", first.application, "second");
    const blob = Buffer.alloc(132);
    expect(first.skf.call("GenECCKeyPair", container, 0x20100, blob)).toBe(0);
    const second = openStage({ layout: "natural8" });
    second.token.setConf({ state: first.token.library.replace(/[^/]*$/, "state") });
    const skf = openLibrary(second.token.library, "natural8");
    const device = handleFrom(skf, "ConnectDev", DEVICE);
    const application = handleFrom(skf, "OpenApplication", device, CONTENTS.application);
    const again = handleFrom(skf, "OpenContainer", application, "second");
    expect(bytesFrom(skf, "ExportPublicKey", again, 1).subarray(8)).toEqual(blob.subarray(4));
  });
});

test("what a killed process left half made or half deleted is in nobody's way", () => {
  const stage = openStage();
  const { skf, application } = stage;
  const at = join(stage.token.library, "../state", DEVICE, "applications", CONTENTS.application);
  for (const path of ["containers/.draft/sub", "containers/.gone/sub"]) mkdirSync(join(at, path), { recursive: true });
  writeFileSync(join(at, ".application.txt.1"), "user-pin=half");
  writeFileSync(join(at, "containers/.gone/sub/signing.der"), "half");
  expect(stage.login()).toBe(0);
  expect(namesIn(bytesFrom(skf, "EnumContainer", application))).toEqual(["pair"]);
  handleFrom(skf, "CreateContainer", application, "second");
  expect(skf.call("DeleteContainer", application, "pair")).toBe(0);
  expect(namesIn(bytesFrom(skf, "EnumContainer", application))).toEqual(["second"]);
  expect(readdirSync(join(at, "containers"))).toEqual(["second"]);
});

test("handles that are none are refused by every kind of call", () => {
  const stage = openStage();
  const { skf, device, application, container } = stage;
  const wrong = [0n, 1n, 0xffff_ffff_ffffn, 2n ** 63n, device + 1n, device + 2n ** 40n, application ^ 0x10000n];
  for (const handle of wrong) {
    expect(skf.call("GetDevInfo", handle, Buffer.alloc(512))).toBe(0x0a000005);
    expect(skf.call("VerifyPIN", handle, 1, PIN, skf.out())).toBe(0x0a000005);
    expect(skf.call("ECCSignData", handle, Buffer.alloc(32), 32, Buffer.alloc(128))).toBe(0x0a000005);
    expect(skf.call("Encrypt", handle, Buffer.alloc(16), 16, null, skf.out())).toBe(0x0a000005);
    expect(skf.call("CloseHandle", handle)).toBe(0x0a000005);
  }
  // One kind is not another.
  expect(skf.call("GetDevInfo", container, Buffer.alloc(512))).toBe(0x0a000005);
  expect(skf.call("CloseContainer", application)).toBe(0x0a000005);
  expect(skf.call("CloseHandle", device)).toBe(0x0a000005);
  // What hangs on a device goes with it.
  expect(skf.call("DisConnectDev", device)).toBe(0);
  expect(skf.call("ClearSecureState", application)).toBe(0x0a000005);
});

test("what the token cannot, it says", () => {
  const { skf, device, container } = openStage();
  expect(skf.call("GenRSAKeyPair", container, 2048, Buffer.alloc(512))).toBe(0x0a000003);
  expect(skf.call("GenerateAgreementDataWithECC", container, 0x401, null, null, 0, null)).toBe(0x0a000003);
  expect(skf.call("Transmit", device, null, 0, null, null)).toBe(0x0a000003);
  expect(skf.call("RSAVerify", 0n, null, null, 0, null, 0)).toBe(0x0a000005);
});
