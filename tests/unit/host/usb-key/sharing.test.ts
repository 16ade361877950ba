/** Several keys, and several who want one: two devices of a library, two calls on one device, two programs. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnvelopedData } from "@certbridge/pki";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import { describe, expect, it } from "vitest";
import { gm } from "../../../support/authority.ts";
import { seal } from "../../../support/sealed-bid.ts";
import {
  bytesOf,
  DEVICE,
  devices,
  enrol,
  KEY_ID,
  makeKey,
  makeTwoKeys,
  openKey,
  OTHER_KEY_ID,
  PIN,
  receiver,
  storeOf,
  writtenDown,
} from "./world.ts";

const message = bytesOf("投标文件");
/** State and parent, as Linux has them; nothing of one that is gone. */
function processOf(pid: string): readonly (string | undefined)[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(0, 2) ?? [];
  } catch {
    return [];
  }
}

const childrenOf = (parent: number): readonly string[] =>
  readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && processOf(pid)[1] === String(parent));

/** One that nobody has asked after yet (Z) has ended all the same. */
const isRunning = (pid: string): boolean => !["Z", undefined].includes(processOf(pid)[0]);

const opening = { pin: bytesOf(PIN), calls: 1 } as const;

describe("two devices of one library", () => {
  it("are open at the same time, each for its own", async () => {
    const { library } = await enrol(makeTwoKeys().library);
    const store = storeOf([library]);
    const [one, other] = await Promise.all([store.find(KEY_ID), store.find(OTHER_KEY_ID)]);
    const opened = [
      await one?.open({ ...opening, pin: bytesOf(PIN) }),
      await other?.open({ ...opening, pin: bytesOf(PIN) }),
    ];
    // Each signature is verified with the certificate of its own key before it is given.
    for (const key of opened) expect(await key?.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });
});

describe("one device", () => {
  it("is logged in once for two openings of one program, and logged out after the last of them", async () => {
    const { open, token, store } = await openKey({}, 2);
    const bid = await open();
    const login = await open();
    await login.sign(message, DEFAULT_DISTINGUISHING_ID);
    login.close();
    // The bid that is being encrypted has its login still.
    await bid.sign(message, DEFAULT_DISTINGUISHING_ID);
    await bid.sign(message, DEFAULT_DISTINGUISHING_ID);
    await store.list();
    const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
    expect(names.filter((name) => name === "LockDev")).toHaveLength(1);
    expect(names.filter((name) => name === "VerifyPIN")).toHaveLength(2);
    expect(names.lastIndexOf("ClearSecureState")).toBeGreaterThan(names.lastIndexOf("ECCSignData"));
    expect(names.filter((name) => name === "ClearSecureState")).toHaveLength(1);
  });

  it("takes the first opening back in once the second has typed the right PIN after a wrong one", async () => {
    const { open } = await openKey({}, 2);
    const bid = await open();
    await expect(open("wrong-1")).rejects.toMatchObject({ code: "PIN_INCORRECT" });
    const login = await open();
    expect(await login.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
    login.close();
    expect(await bid.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });

  it("that was pulled and is back is opened anew, though an old opening was never closed", async () => {
    const { open, token } = await openKey({}, 2);
    await open();
    token.remove(DEVICE);
    token.insert(DEVICE);
    expect(await (await open()).sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });
});

describe("two programs", () => {
  async function twoPrograms(waitMs?: number) {
    const { library } = await enrol(makeKey().library);
    const [edge, firefox] = [storeOf([library], "Edge", waitMs), storeOf([library], "Firefox", waitMs)];
    return { edge, firefox };
  }

  it("take turns: the second is told who has the key, sees what lies on it, and gets it when the first is done", async () => {
    const { edge, firefox } = await twoPrograms();
    const first = await (await edge.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN), site: "南京公共资源" });
    const [seen] = await firefox.list();
    expect(seen).toMatchObject({ keyId: KEY_ID, usedBy: { by: "Edge · 南京公共资源" } });
    const waiting = (await firefox.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN) });
    const order: string[] = [];
    const opened = waiting?.then((key) => {
      order.push("second opened");
      return key;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    order.push("first closes");
    first?.close();
    expect(await (await opened)?.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
    expect(order).toEqual(["first closes", "second opened"]);
    await expect.poll(async () => (await edge.list())[0]?.usedBy).toBeUndefined();
  });

  it("are not kept waiting for ever, and no PIN is tried meanwhile", async () => {
    const { edge, firefox } = await twoPrograms(300);
    await (await edge.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN), site: "南京公共资源" });
    const waiting = (await firefox.find(KEY_ID))?.open({ ...opening, pin: bytesOf("wrong-1") });
    await expect(waiting).rejects.toMatchObject({ code: "DEVICE_BUSY", details: { by: "Edge · 南京公共资源" } });
    expect((await firefox.list())[0]?.pin.triesLeft).toBe(6);
  });
});

it("a key of a library that is gone leaves the others", async () => {
  const [good, gone] = [makeKey(), makeKey()];
  const libraries = [(await enrol(gone.library)).library, (await enrol(good.library)).library];
  rmSync(gone.library);
  expect(await storeOf(libraries).list()).toHaveLength(1);
});

describe("a PIN", () => {
  it("is tried on no other key that lies in the same place by now", async () => {
    const { open, token, replaceKey } = await openKey();
    replaceKey();
    token.forgetCalls();
    await expect(open()).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
    expect(token.calls().map(({ name }) => name)).not.toContain("SKF_VerifyPIN");
  });
});

describe("a library that is left alone", () => {
  it("is logged out once more before the device's turn is given back", async () => {
    const { open, token } = await openKey();
    token.setConf({ fault: "ECCSignData:*:crash" });
    for (let time = 0; time < 3; time++) {
      const opened = await open();
      await expect(opened.sign(message, DEFAULT_DISTINGUISHING_ID)).rejects.toMatchObject({ code: "DRIVER_FAILED" });
    }
    await expect(open()).rejects.toMatchObject({ details: { fault: "paused" } });
    const names = () => token.calls().map(({ name }) => name.replace("SKF_", ""));
    await expect.poll(() => names().lastIndexOf("ClearSecureState") > names().lastIndexOf("ECCSignData")).toBe(true);
  });
});

it("a login that is lost under an envelope is told as that, and not as an envelope that does not open", async () => {
  const { open } = await openKey({}, 2);
  const bid = await open();
  await expect(open("wrong-1")).rejects.toMatchObject({ code: "PIN_INCORRECT" });
  const der = seal(gm, new Uint8Array(100).fill(7), [receiver.certificate.der]);
  const opening = bid.openEnvelope(parseEnvelopedData(der, 64 * 1024), receiver.certificate);
  await expect(opening).rejects.toMatchObject({ code: "DEVICE_FAILED", details: { code: "0x0a00002d" } });
});

it("what a program that was killed left logged in is logged out by the next one that looks", async () => {
  const token = makeKey();
  const script = join(mkdtempSync(join(tmpdir(), "killed program ")), "program.mts");
  const at = (file: string) => JSON.stringify(resolve(file));
  const room = "apps/host/src/stores/usb-key";
  writeFileSync(
    script,
    `import { randomBytes } from "node:crypto";
    import { loadGm } from ${at("packages/gm/src/node.ts")};
    import { openDeviceQueue } from ${at(`${room}/queue.ts`)};
    import { openUsbKeyStore } from ${at(`${room}/store.ts`)};
    import { superviseLibrary } from ${at(`${room}/supervisor.ts`)};
    const alarm = () => () => undefined;
    const store = openUsbKeyStore({
      gm: await loadGm(),
      libraries: async () => [${JSON.stringify(writtenDown(token))}],
      supervise: (opening) => superviseLibrary({ program: ${at(`${room}/worker.ts`)}, opening, clock: Date.now, alarm }),
      watch: () => undefined,
      alarm,
      queue: openDeviceQueue({ folder: ${JSON.stringify(devices)}, clock: Date.now, random: (len) => randomBytes(len) }),
      startedBy: "Edge",
    });
    const key = await store.find(${JSON.stringify(KEY_ID)});
    await key.open({ pin: new TextEncoder().encode(${JSON.stringify(PIN)}), calls: 1 });
    console.log("open");
    setInterval(() => undefined, 1000);`,
  );
  const program = spawn(process.execPath, ["--no-warnings", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((done) => program.stdout.once("data", () => done()));
  const ended = new Promise((done) => program.once("exit", done));
  program.kill("SIGKILL");
  await ended;
  expect(token.calls().map(({ name }) => name)).not.toContain("SKF_ClearSecureState");
  token.forgetCalls();
  const [seen] = await storeOf([writtenDown(token)]).list();
  expect(seen).toMatchObject({ keyId: KEY_ID });
  const names = token.calls().map(({ name }) => name);
  expect(names).toContain("SKF_ClearSecureState");
  expect(names.indexOf("SKF_ClearSecureState")).toBeLessThan(names.indexOf("SKF_ExportCertificate"));
});

it("a library's process ends with the program, also while it hangs", async () => {
  const { library, token } = await openKey();
  const script = join(mkdtempSync(join(tmpdir(), "ended program ")), "program.mts");
  const at = (file: string) => JSON.stringify(resolve("apps/host/src/stores/usb-key", file));
  writeFileSync(
    script,
    `import { superviseLibrary } from ${at("supervisor.ts")};
    const supervisor = superviseLibrary({
      program: ${at("worker.ts")},
      opening: ${JSON.stringify({ path: library.path, sha256: library.sha256, layout: library.profile.layout })
        .replace(
          /^/,
          "(({ path, sha256, layout }) => ({ library: { path, sha256: Buffer.from(sha256, 'base64url') }, layout }))(",
        )
        .concat(")")},
      clock: Date.now,
      alarm: () => () => undefined,
    });
    setTimeout(() => console.log("asked"), 500);
    setInterval(() => undefined, 1000);
    await supervisor.call("names", {});`,
  );
  token.setConf({ fault: "EnumDev:*:hang" });
  const program = spawn(process.execPath, ["--no-warnings", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((done) => program.stdout.once("data", () => done()));
  const workers = () => childrenOf(program.pid ?? 0);
  await expect.poll(() => token.calls().some(({ code }) => code === null)).toBe(true);
  const [worker] = workers();
  expect(worker).toBeDefined();
  program.kill("SIGKILL");
  await expect.poll(() => isRunning(worker ?? "")).toBe(false);
});
