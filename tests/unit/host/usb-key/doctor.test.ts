/** What doctor says of drivers and keys: each cause provoked, by a token of our own in a worker that really runs. */
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { homeAt } from "../../../../apps/host/src/home.ts";
import { diagnose, openDiagnosis } from "../../../../apps/host/src/install/diagnosis.ts";
import type { Cause, Finding } from "../../../../apps/host/src/install/finding.ts";
import { lookAtKeys } from "../../../../apps/host/src/install/look-at-keys.ts";
import { changeEnrolled, type EnrolledLibrary } from "../../../../apps/host/src/stores/usb-key/enrolled.ts";
import { traces } from "../../../support/canaries.ts";
import { DAY, gm, NOW } from "../../../support/authority.ts";
import { temporaryFolder } from "../../../support/host.ts";
import type { Contents, SoftToken } from "../../../support/soft-token/token.ts";
import { bytesOf, DEVICE, enrol, KEY_ID, makeKey, PIN, queueOf, signer, storeOf, supervise } from "./world.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

/** A computer on which nothing else is. */
const nobody = { home: folder.path, config: join(folder.path, ".config"), root: join(folder.path, "no-root") };

const means = { gm, supervise, queue: queueOf() };

let count = 0;

/** A home with these libraries; looked at at an instant, by a program for some system. */
async function openHome(...libraries: readonly EnrolledLibrary[]) {
  const home = homeAt(join(folder.path, `home-${count++}`));
  mkdirSync(home.folder, { recursive: true });
  if (libraries.length > 0) await changeEnrolled(home.libraries, () => libraries);
  return {
    home,
    look: (at = NOW.getTime(), processor: string = process.arch) =>
      lookAtKeys({ ...means, home, clock: () => at, system: { platform: process.platform, processor } }),
  };
}

/** Of the usual layout: tokens have copies of one file, so that each is enrolled as the first was. */
const { library: usual } = await enrol(makeKey().library);

/** A token's library as it was enrolled with a key of its plugged in, in a home of its own. */
async function enrolled(plan: Parameters<typeof makeKey>[0] = {}) {
  const token = makeKey(plan);
  const isUsual = plan.layout === undefined;
  const library = isUsual ? { ...usual, path: token.library } : (await enrol(token.library)).library;
  return { token, library, ...(await openHome(library)) };
}

/** What a person has to read: verdict and cause of whatever is not as it should be. */
const told = (findings: readonly Finding[]) =>
  findings.filter(({ verdict }) => verdict !== "good").map(({ verdict, cause }) => `${verdict} ${cause ?? ""}`);

/** Each says in both languages what was found, and behind it one thing to do. */
function expectWords(findings: readonly Finding[]): void {
  for (const { cause, zh, en } of findings) {
    if (cause === null) continue;
    expect(zh).toMatch(/。.*请.+。$|。可以请.+。$|。要使用CA锁，请.+。$/);
    expect(en).toContain("; ");
  }
}

test("a key that is well is said to be, by the end of its number, and so is its driver", async () => {
  const { look, library } = await enrolled();
  const findings = await look();
  expect(findings.map(({ about, verdict, path }) => [about, verdict, path])).toEqual([
    ["driver", "good", library.path],
    ["usb-key", "good", library.path],
  ]);
  expect(findings[1]?.zh).toContain(`尾号${signer.certificate.serialNumber.slice(-4)}`);
});

test("where no driver is enrolled it is said how, and nothing is bad", async () => {
  const { look } = await openHome();
  const findings = await look();
  expect(told(findings)).toEqual(["note no-driver"]);
  expect(findings[0]?.zh).toContain("certbridge-host devices add");
  expectWords(findings);
});

test("a list of drivers that is broken", async () => {
  const { look, home } = await openHome();
  writeFileSync(home.libraries, "{}");
  const findings = await look();
  expect(told(findings)).toEqual(["bad drivers-damaged"]);
  expectWords(findings);
});

describe("a driver's file", () => {
  /** An ELF file of 32 bits for an x86, as far as its header goes. */
  const foreign = (): Buffer => {
    const head = Buffer.alloc(64);
    head.write("\x7fELF\x01\x01\x01", "latin1");
    head.writeUInt16LE(3, 18);
    return head;
  };

  test.each<[Cause, (token: SoftToken) => void]>([
    ["driver-missing", ({ library }) => rmSync(library)],
    ["driver-changed", ({ library }) => appendFileSync(library, "\0")],
    ["driver-architecture", ({ library }) => writeFileSync(library, foreign())],
    ["driver-not-loaded", ({ library }) => writeFileSync(library, "GROUP ( libvendor.so.1 )")],
    ["driver-writable", ({ library }) => chmodSync(dirname(library), 0o777)],
  ])("%s: it is told without loading it", async (cause, harm) => {
    const { token, look } = await enrolled();
    harm(token);
    token.forgetCalls();
    const findings = await look();
    expect(told(findings)).toEqual([`bad ${cause}`]);
    expect(token.calls()).toEqual([]);
    expectWords(findings);
    chmodSync(dirname(token.library), 0o755);
  });

  test("that is gone is enrolled again by its path, whatever stands in it", async () => {
    const { library } = await enrolled();
    const { look } = await openHome({ ...library, path: "/nowhere/it's gone/lib.so" });
    const [finding] = await look();
    expect(finding?.zh).toContain("devices add '/nowhere/it'\\''s gone/lib.so'。");
  });

  describe("in others' reach", () => {
    const moved = (library: string) => `devices remove '${library}'`;

    test("is closed to them where it is the person's own", async () => {
      const { token, look } = await enrolled();
      chmodSync(token.library, 0o777);
      const [finding] = await look();
      expect(finding?.zh).toContain(`请运行 chmod go-w '${token.library}'`);
    });

    test("is moved away from a folder that is everybody's, which stays as it is", async () => {
      const { token, look } = await enrolled();
      chmodSync(dirname(token.library), 0o1777);
      const findings = await look();
      expect(findings[0]?.zh).not.toContain("chmod");
      expect(findings[0]?.zh).toContain(moved(token.library));
      expectWords(findings);
      chmodSync(dirname(token.library), 0o755);
    });

    test.runIf(process.getuid?.() === 0)("is moved away where it is somebody else's to change", async () => {
      const { token, look } = await enrolled();
      chownSync(token.library, 54_321, 54_321);
      const [finding] = await look();
      expect(finding?.zh).not.toContain("chmod");
      expect(finding?.en).toContain(moved(token.library));
    });
  });

  test("of 32 bits is called that, with what is needed in its place", async () => {
    const { token, look } = await enrolled();
    writeFileSync(token.library, foreign());
    const [finding] = await look();
    expect(finding?.zh).toMatch(/^这是32位的驱动（Linux ia32），互认通程序是 linux \w+。请向签发证书的CA索取/);
  });

  test("for another processor is told as that, too", async () => {
    const { look } = await enrolled();
    expect(told(await look(NOW.getTime(), "loong64"))).toEqual(["bad driver-architecture"]);
  });

  test("that the system cannot load, though it looks like a library", async () => {
    const { token, library } = await enrolled();
    const head = readFileSync(token.library).subarray(0, 64);
    writeFileSync(token.library, head);
    const { look } = await openHome({ ...library, sha256: createHash("sha256").update(head).digest("base64url") });
    const findings = await look();
    expect(told(findings)).toEqual(["bad driver-not-loaded"]);
    expectWords(findings);
  });

  test.runIf(process.getuid?.() === 0)(
    "in reach of the person's own programs is weaker, and used all the same",
    async () => {
      const { token, home } = await enrolled();
      const PERSON = 54_321;
      chownSync(token.library, PERSON, PERSON);
      const uid = vi.spyOn(process, "getuid").mockReturnValue(PERSON);
      // A worker of root's, as it would be here, would not load another person's file.
      const keyless = {
        state: () => "ready",
        call: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      } as never;
      const findings = await lookAtKeys({ ...means, home, clock: Date.now, supervise: () => keyless });
      uid.mockRestore();
      expect(told(findings)).toEqual(["note driver-own", "note no-key"]);
      expectWords(findings);
    },
  );
});

describe("a driver that fails", () => {
  test.each<[Cause, string]>([
    ["driver-ended", "EnumDev:*:crash"],
    ["driver-hung", "EnumDev:*:hang"],
    ["key-failed", "GetDevInfo:*:code:0A00000F"],
  ])("%s", async (cause, fault) => {
    const { token, look } = await enrolled();
    token.setConf({ fault });
    const findings = await look();
    expect(told(findings)).toEqual([`bad ${cause}`]);
    expectWords(findings);
    if (cause === "key-failed") expect(findings.at(-1)?.zh).toContain("SKF_GetDevInfo 0x0a00000f");
  });

  test("driver-paused: it is left alone once it fell over three times, whoever asks", async () => {
    const { token, home } = await enrolled();
    token.setConf({ fault: "EnumDev:*:crash" });
    const look = openDiagnosis({ ...means, home, clock: () => NOW.getTime() }, nobody);
    const causes = [];
    for (let time = 0; time < 3; time++) causes.push(...(await look()).map(({ cause }) => cause));
    expect(causes).toEqual(["driver-ended", "driver-ended", "driver-ended"]);
    token.forgetCalls();
    expect(await look()).toEqual([{ cause: "driver-paused", verdict: "bad" }]);
    expect(token.calls()).toEqual([]);
  });

  test("is looked at once, however many ask at a time", async () => {
    const { token, home } = await enrolled();
    const look = openDiagnosis({ ...means, home, clock: () => NOW.getTime() }, nobody);
    token.forgetCalls();
    expect(await Promise.all([look(), look(), look()])).toEqual([[], [], []]);
    expect(token.calls().filter(({ name }) => name === "SKF_GetDevInfo")).toHaveLength(1);
    token.remove(DEVICE);
    expect(await look()).toEqual([{ cause: "no-key", verdict: "note" }]);
  });
});

describe("a key", () => {
  const contents: Contents = { application: "APP", pin: PIN };
  const signing = { key: Buffer.from(signer.privateKey).toString("hex"), certificate: signer.certificate.der };

  /** A library that was enrolled with a key, and now has this one. */
  async function withKey(provision: (token: SoftToken, device: string) => void) {
    const { token, look } = await enrolled();
    token.remove(DEVICE);
    token.insert("KEY-2");
    provision(token, "KEY-2");
    return { token, look };
  }

  test("that is not plugged in is asked for, and nothing is bad", async () => {
    const { token, look } = await enrolled();
    token.remove(DEVICE);
    const findings = await look();
    expect(told(findings)).toEqual(["note no-key"]);
    expect(findings.at(-1)?.zh).toBe("没有插入CA锁。请把CA锁插入这台电脑的USB口。");
  });

  test("is not asked for where another driver has one", async () => {
    const [with1, without] = [await enrolled(), await enrolled({ layout: "natural8" })];
    without.token.remove(DEVICE);
    const { look } = await openHome(with1.library, without.library);
    expect(told(await look())).toEqual([]);
  });

  test.each<[Cause, (token: SoftToken, device: string) => void]>([
    ["key-empty", () => undefined],
    ["key-empty", (token, device) => token.provision(device, contents)],
    ["no-certificate", (token, device) => token.provision(device, { ...contents, container: "C" })],
    [
      "no-certificate",
      (token, device) =>
        token.provision(device, {
          ...contents,
          container: "C",
          signing: { ...signing, certificate: new Uint8Array(30) },
        }),
    ],
  ])("%s", async (cause, provision) => {
    const { look } = await withKey(provision);
    const findings = await look();
    expect(told(findings)).toEqual([`bad ${cause}`]);
    expectWords(findings);
  });

  test.each<[Cause, number]>([
    ["certificate-expired", NOW.getTime() + 400 * DAY],
    ["certificate-not-yet-valid", NOW.getTime() - 10 * DAY],
  ])("%s, by this computer's clock", async (cause, at) => {
    const { look } = await enrolled();
    const findings = await look(at);
    expect(told(findings)).toEqual([`bad ${cause}`]);
    expectWords(findings);
  });

  test("key-in-use: one that a browser has is named, and not touched", async () => {
    const { library, look, token } = await enrolled();
    const key = await (await storeOf([library], "Edge").find(KEY_ID))?.open({ pin: bytesOf(PIN), calls: 1 });
    token.forgetCalls();
    const findings = await look();
    expect(told(findings)).toEqual(["note key-in-use"]);
    expectWords(findings);
    expect(findings.at(-1)?.zh).toContain("Edge");
    expect(token.calls().map(({ name }) => name)).not.toContain("SKF_ConnectDev");
    key?.close();
    await expect.poll(async () => told(await look())).toEqual([]);
  });

  test("pin-locked: no try is taken to find out", async () => {
    const { token, look } = await withKey((made, device) =>
      made.provision(device, { ...contents, container: "C", signing, tries: 0 }),
    );
    token.forgetCalls();
    const findings = await look();
    expect(told(findings)).toEqual(["bad pin-locked"]);
    expectWords(findings);
    expect(token.calls().map(({ name }) => name)).not.toContain("SKF_VerifyPIN");
  });
});

describe("what the extension is told", () => {
  test("is each kind once, without a name, a number or a path", async () => {
    const secret = "丙丁戊己庚辛壬癸";
    const [first, second] = [await enrolled(), await enrolled({ layout: "natural8" })];
    for (const { token } of [first, second]) {
      token.describe(DEVICE, { label: secret, serial: "SN-20261129-77", manufacturer: secret });
      token.setConf({ fault: "GetPINInfo:*:code:0A000001" });
    }
    const { home } = await openHome(first.library, second.library);
    const found = await diagnose({ ...means, home, clock: () => NOW.getTime() }, nobody);
    expect(found).toEqual([{ cause: "key-failed", verdict: "bad" }]);
    for (const one of [secret, "SN-20261129-77", folder.path]) expect(traces(JSON.stringify(found), one)).toEqual([]);
  });
});
