import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { namesIn, openLibrary } from "../../support/soft-token/driver.ts";
import { makeToken } from "../../support/soft-token/token.ts";
import { APPLICATION, bytesFrom, DEVICE, openStage, PIN, place } from "./stage.ts";

const TAKER = join(import.meta.dirname, "../../support/token-taker.ts");

/** A second program at the same token; waits for its last word. */
async function besides(library: string, ...words: string[]) {
  const child = spawn(process.execPath, ["--no-warnings", TAKER, library, DEVICE, APPLICATION, PIN, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const last = words.at(-1) ?? "";
  await expect.poll(() => said).toMatch(new RegExp(`^${last} `, "m"));
  return {
    said: () => said,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

describe("devices", () => {
  test("are listed: those that are there, and all", () => {
    const token = makeToken({ folder: place(), devices: ["A", "乙"] });
    const skf = openLibrary(token.library, "packed4");
    expect(namesIn(bytesFrom(skf, "EnumDev", 1))).toEqual(["A", "乙"]);
    token.remove("A");
    expect(namesIn(bytesFrom(skf, "EnumDev", 1))).toEqual(["乙"]);
    expect(namesIn(bytesFrom(skf, "EnumDev", 0))).toEqual(["A", "乙"]);
    const [state, short] = [skf.out(), skf.out(2)];
    expect([skf.call("GetDevState", "A", state), state.value]).toEqual([0, 0]);
    expect([skf.call("GetDevState", "乙", state), state.value]).toEqual([0, 1]);
    expect([skf.call("EnumDev", 0, Buffer.alloc(2), short), short.value]).toEqual([0x0a000020, 7]);
    token.remove("乙");
    expect(bytesFrom(skf, "EnumDev", 1)).toEqual(Buffer.alloc(2));
    expect(skf.call("ConnectDev", "乙", skf.out())).toBe(0x0a000023);
    expect(skf.call("ConnectDev", "丙", skf.out())).toBe(0x0a000006);
  });

  test("have labels in UTF-8 or GBK, and keep them", () => {
    const { skf, device, token } = openStage();
    const label = () => {
      const info = Buffer.alloc(512);
      expect(skf.call("GetDevInfo", device, info)).toBe(0);
      const field = info.subarray(130, 162);
      return field.subarray(0, field.indexOf(0));
    };
    token.describe(DEVICE, { label: "江苏CA", serial: "3F2A" });
    expect(label().toString()).toBe("江苏CA");
    token.setConf({ strings: "gbk" });
    expect(new TextDecoder("gbk").decode(label())).toBe("江苏CA");
    token.describe(DEVICE, { label: "hex:bdadcbd5" });
    expect(new TextDecoder("gbk").decode(label())).toBe("江苏");
    expect(skf.call("SetLabel", device, "new")).toBe(0);
    expect(label().toString()).toBe("new");
    expect(skf.call("SetLabel", device, "n".repeat(32))).toBe(0x0a000009);
  });

  test("that are pulled answer every call on their handles, and are others when they are back", () => {
    const stage = openStage();
    const { skf, token } = stage;
    expect(stage.login()).toBe(0);
    token.remove(DEVICE);
    expect(skf.call("GenRandom", stage.device, Buffer.alloc(8), 8)).toBe(0x0a000023);
    expect(skf.call("ClearSecureState", stage.application)).toBe(0x0a000023);
    expect(skf.call("LockDev", stage.device, 0)).toBe(0x0a000023);
    token.insert(DEVICE);
    expect(skf.call("ECCSignData", stage.container, Buffer.alloc(32), 32, Buffer.alloc(128))).toBe(0x0a000023);
    expect(skf.call("DisConnectDev", stage.device)).toBe(0x0a000023);
    expect(skf.call("DisConnectDev", stage.device)).toBe(0x0a000005);
    stage.open();
    // Logged out by the removal, though nobody watched.
    expect(skf.call("ECCSignData", stage.container, Buffer.alloc(32), 32, Buffer.alloc(128))).toBe(0x0a00002d);
  });

  test("tell a state that one vendor reads as locked", () => {
    const { skf, token, device } = openStage({ conf: { "device-state": "locked" } });
    const state = skf.out();
    const read = () => [skf.call("GetDevState", DEVICE, state), state.value];
    expect(read()).toEqual([0, 1]);
    expect(skf.call("LockDev", device, 0)).toBe(0);
    expect(read()).toEqual([0, 2]);
    token.setConf({ "device-state": "standard" });
    expect(read()).toEqual([0, 1]);
    token.setConf({ "device-state": "unknown" });
    expect(read()).toEqual([0, 2]);
  });
});

describe("events", () => {
  const begin = (conf = {}) => {
    const token = makeToken({ folder: place(), devices: ["A"], conf });
    const skf = openLibrary(token.library, "packed4");
    expect(skf.call("EnumDev", 1, null, skf.out())).toBe(0);
    const [name, len, event] = [Buffer.alloc(64), skf.out(64), skf.out()];
    const wait = async () => {
      len.bytes.writeUInt32LE(64);
      const code = await skf.callLater("WaitForDevEvent", name, len, event);
      return code === 0 ? `${name.subarray(0, len.value - 1).toString()} ${event.value}` : code;
    };
    return { token, skf, wait };
  };

  test("end the wait: insertion 1, removal 2, also when they came before it", async () => {
    const { token, wait } = begin();
    const first = wait();
    await sleep(50);
    token.insert("B");
    expect(await first).toBe("B 1");
    token.remove("A");
    expect(await wait()).toBe("A 2");
  });

  test("that never come are cancelled, at once", async () => {
    const { skf, wait } = begin();
    const waiting = wait();
    await sleep(50);
    const at = performance.now();
    expect(skf.call("CancelWaitForDevEvent")).toBe(0);
    expect(await waiting).toBe(0x0a000022);
    expect(performance.now() - at).toBeLessThan(1000);
  });

  test("are not waited for by some libraries", async () => {
    const { token, wait } = begin({ wait: "immediate" });
    expect(await wait()).toBe(0x0a000022);
    token.insert("B");
    expect(await wait()).toBe("B 1");
    token.setConf({ wait: "missing" });
    expect(await wait()).toBe(0x0a000003);
  });
});

describe("the lock", () => {
  test("is one process's, until that process has died", async () => {
    const { token, skf, device } = openStage();
    const other = await besides(token.library, "lock", "stay");
    expect(other.said()).toBe("lock 0\nstay 0\n");
    const at = performance.now();
    expect(skf.call("LockDev", device, 100)).toBe(0x0a00000f);
    expect(performance.now() - at).toBeGreaterThanOrEqual(100);
    const waiting = skf.callLater("GenRandom", device, Buffer.alloc(8), 8);
    const early = await Promise.race([waiting, sleep(100, "waits")]);
    expect(early).toBe("waits");
    token.setConf({ "while-locked": "pass" });
    expect(await waiting).toBe(0);
    token.setConf({ "while-locked": null });
    const locking = skf.callLater("LockDev", device, 0xffffffff);
    await other.kill();
    expect(await locking).toBe(0);
    expect(skf.call("LockDev", device, 0)).toBe(0);
    expect(skf.call("GenRandom", device, Buffer.alloc(8), 8)).toBe(0);
    expect(skf.call("UnlockDev", device)).toBe(0);
    expect(skf.call("UnlockDev", device)).toBe(0x0a000001);
  });

  test("ends with the key's removal", async () => {
    const { token, skf, device } = openStage();
    expect(skf.call("LockDev", device, 0)).toBe(0);
    token.remove(DEVICE);
    token.insert(DEVICE);
    const other = await besides(token.library, "lock", "random");
    expect(other.said()).toBe("lock 0\nrandom 0\n");
  });

  test("does not keep a login: what a killed program left is there for the next", async () => {
    const stage = openStage();
    const { skf, token } = stage;
    const sign = () => skf.call("ECCSignData", stage.container, Buffer.alloc(32, 1), 32, Buffer.alloc(128));
    expect(sign()).toBe(0x0a00002d);
    const other = await besides(token.library, "lock", "login", "stay");
    await other.kill();
    expect(sign()).toBe(0);
    expect(skf.call("CloseApplication", stage.application)).toBe(0);
    stage.open();
    expect(sign()).toBe(0);
    expect(skf.call("ClearSecureState", stage.application)).toBe(0);
    expect(sign()).toBe(0x0a00002d);
  });
});
