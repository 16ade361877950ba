import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { namesIn } from "../../support/soft-token/driver.ts";
import { APPLICATION, bytesFrom, CONTENTS, openStage, PIN, USER } from "./stage.ts";
import type { Stage } from "./stage.ts";

const ADMIN = 0;

/** Code and tries left. */
function verify(stage: Stage, type: number, pin: string) {
  const left = stage.skf.out();
  return [stage.skf.call("VerifyPIN", stage.application, type, pin, left), left.value];
}

function pinInfo(stage: Stage, type: number) {
  const [max, left, first] = [stage.skf.out(), stage.skf.out(), stage.skf.out(0)];
  expect(stage.skf.call("GetPINInfo", stage.application, type, max, left, first)).toBe(0);
  return [max.value, left.value, first.value];
}

describe("PINs", () => {
  test("wrong six times are locked, and the admin's opens it", () => {
    const stage = openStage();
    const { skf } = stage;
    expect(pinInfo(stage, USER)).toEqual([6, 6, 1]);
    for (let left = 5; left > 0; left--) expect(verify(stage, USER, "wrong-pin")).toEqual([0x0a000024, left]);
    expect(verify(stage, USER, "wrong-pin")).toEqual([0x0a000025, 0]);
    expect(verify(stage, USER, PIN)).toEqual([0x0a000025, 0]);
    expect(pinInfo(stage, USER)).toEqual([6, 0, 1]);
    const left = skf.out();
    expect(skf.call("UnblockPIN", stage.application, "admin-99", "new-pin", left)).toBe(0x0a000024);
    expect(left.value).toBe(5);
    expect(skf.call("UnblockPIN", stage.application, "admin-00", "new-pin", left)).toBe(0);
    expect(verify(stage, USER, "new-pin")).toEqual([0, 6]);
    expect(pinInfo(stage, USER)).toEqual([6, 6, 0]);
  });

  test("that cannot be one cost no try", () => {
    const stage = openStage({ conf: { tries: 3 } });
    expect(verify(stage, USER, "12345")).toEqual([0x0a000027, 3]);
    expect(verify(stage, USER, "1".repeat(17))).toEqual([0x0a000027, 3]);
    expect(verify(stage, 2, PIN)[0]).toBe(0x0a00002a);
    expect(verify(stage, USER, "wrong-pin")).toEqual([0x0a000024, 2]);
    expect(verify(stage, USER, PIN)).toEqual([0, 3]);
    expect(verify(stage, ADMIN, "admin-00")).toEqual([0, 3]);
  });

  test("are changed with the old one, whose tries count", () => {
    const stage = openStage({}, { ...CONTENTS, tries: 2 });
    const left = stage.skf.out();
    const change = (from: string, to: string) => [
      stage.skf.call("ChangePIN", stage.application, USER, from, to, left),
      left.value,
    ];
    expect(change("wrong-pin", "new-pin")).toEqual([0x0a000024, 1]);
    expect(change(PIN, "new-pin")).toEqual([0, 2]);
    expect(verify(stage, USER, PIN)).toEqual([0x0a000024, 1]);
    expect(verify(stage, USER, "new-pin")).toEqual([0, 2]);
  });

  test("have another code in one library", () => {
    const stage = openStage({ conf: { "wrong-pin-code": "0x0A000029" } });
    expect(verify(stage, USER, "wrong-pin")).toEqual([0x0a000029, 5]);
  });

  test("wrong log out", () => {
    const stage = openStage();
    expect(stage.login()).toBe(0);
    expect(stage.login("wrong-pin")).toBe(0x0a000024);
    expect(stage.skf.call("ECCSignData", stage.container, Buffer.alloc(32), 32, Buffer.alloc(128))).toBe(0x0a00002d);
  });
});

describe("the device's key", () => {
  /** Random bytes of that length, zeros behind them, encrypted. */
  function authenticate({ skf, device }: Stage, len: number, key = "1234567812345678") {
    const random = Buffer.alloc(16);
    expect(skf.call("GenRandom", device, random, len)).toBe(0);
    const cipher = createCipheriv("sm4-ecb", key, null).setAutoPadding(false);
    return skf.call("DevAuth", device, Buffer.concat([cipher.update(random), cipher.final()]), 16);
  }

  const create = ({ skf, device }: Stage, name: string) =>
    skf.call("CreateApplication", device, name, "admin-11", 3, "user-11", 4, 0x10, skf.out());

  test("makes and deletes applications", () => {
    const stage = openStage();
    const { skf, device } = stage;
    const names = () => namesIn(bytesFrom(skf, "EnumApplication", device));
    expect(create(stage, "second")).toBe(0x0a00002d);
    expect(authenticate(stage, 8, "8765432187654321")).toBe(0x0a000001);
    expect(authenticate(stage, 8)).toBe(0);
    expect(create(stage, "second")).toBe(0);
    expect(create(stage, "second")).toBe(0x0a00002c);
    expect(create(stage, "a/b")).toBe(0x0a00002b);
    expect(names()).toEqual(["second", APPLICATION]);
    expect(skf.call("DeleteApplication", device, APPLICATION)).toBe(0);
    expect(skf.call("DeleteApplication", device, APPLICATION)).toBe(0x0a00002e);
    expect(names()).toEqual(["second"]);
    // Its handles are gone with it.
    expect(skf.call("ClearSecureState", stage.application)).toBe(0x0a000005);
    expect(skf.call("OpenApplication", device, APPLICATION, skf.out())).toBe(0x0a00002e);
  });

  test("is changed by who has it", () => {
    const stage = openStage();
    expect(stage.skf.call("ChangeDevAuthKey", stage.device, Buffer.alloc(16, 0x41), 16)).toBe(0x0a00002d);
    expect(authenticate(stage, 8)).toBe(0);
    expect(stage.skf.call("ChangeDevAuthKey", stage.device, Buffer.alloc(16, 0x41), 16)).toBe(0);
    expect(authenticate(stage, 8)).toBe(0x0a000001);
    expect(authenticate(stage, 8, "A".repeat(16))).toBe(0);
  });

  test("is proved with 16 random bytes in one library", () => {
    const stage = openStage({ conf: { devauth: 16 } });
    expect(authenticate(stage, 8)).toBe(0x0a000001);
    expect(authenticate(stage, 16)).toBe(0);
  });
});
