import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { traces } from "../../support/canaries.ts";
import { issuePair, openAuthority, temporaryFolder } from "../../support/host.ts";
import { serveHost, type Served } from "../../support/served.ts";
import { makeToken } from "../../support/soft-token/token.ts";

/** The program as it is built, with a driver and a key: what a person reads when something is wrong with them, and what goes to others. */
const program = resolve("build/host/certbridge-host");
const folder = temporaryFolder();
const home = join(folder.path, "home");
const DEVICE = "CA-LOCK-1";
const word = () => `庚${randomBytes(8).toString("hex")}`;

/** Known to the key and its owner alone. The PIN is typed once, when the driver is enrolled. */
const canaries = {
  "the PIN": randomBytes(7).toString("hex"),
  "the label": word(),
  "the serial number": randomBytes(9).toString("hex"),
  "the manufacturer": word(),
  "the holder": word(),
  "the application": word(),
};

const authority = openAuthority();
const keys = gm.sm2KeyPair();
const issued = issuePair(authority, keys.publicKey, { name: canaries["the holder"] });
const vendor = join(folder.path, "vendor");
mkdirSync(vendor);
const token = makeToken({ folder: vendor, devices: [DEVICE] });
token.describe(DEVICE, {
  label: canaries["the label"],
  serial: canaries["the serial number"],
  manufacturer: canaries["the manufacturer"],
  issuer: canaries["the manufacturer"],
});
token.provision(DEVICE, {
  application: canaries["the application"],
  pin: canaries["the PIN"],
  container: "pair",
  signing: { key: Buffer.from(keys.privateKey).toString("hex"), certificate: issued.signing },
  encryption: { key: Buffer.from(issued.encryptionKey).toString("hex"), certificate: issued.encryption },
});

function host(args: readonly string[], input = "") {
  const env = { PATH: process.env["PATH"], HOME: join(folder.path, "person") };
  return spawnSync(program, ["--home", home, ...args], { input, encoding: "utf8", env });
}

interface Said {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly about: string;
    readonly verdict: string;
    readonly cause: string | null;
    readonly zh: string;
  }[];
}

const doctor = () => JSON.parse(host(["doctor", "--json"]).stdout) as Said;

/** Of drivers and keys alone. */
const causes = (): readonly (string | null)[] =>
  doctor()
    .findings.filter(({ about }) => ["drivers", "driver", "usb-key"].includes(about))
    .filter(({ verdict, cause }) => verdict !== "good" && cause !== "driver-own")
    .map(({ cause }) => cause);

let served: Served;
const diagnose = async () => {
  const { findings } = (await served.ask("diagnose", {})) as { findings: readonly { cause: string }[] };
  return findings
    .map(({ cause }) => cause)
    .filter((cause) => !["driver-own", "other-software", "remote-desktop"].includes(cause));
};

beforeAll(async () => {
  mkdirSync(join(folder.path, "person"));
  const installed = host(["install", "--browser-profile", join(folder.path, "profile")]);
  expect(installed.status).toBe(0);
  served = serveHost(home, [join(home, "certbridge-host")]);
  await served.met();
});
afterAll(async () => {
  await served.end();
  folder.remove();
});

describe("doctor, and the program under a browser", () => {
  test("say that no driver is enrolled, and are content", async () => {
    expect(causes()).toEqual(["no-driver"]);
    expect(doctor().ok).toBe(true);
    expect(await diagnose()).toEqual(["no-driver"]);
  });

  test("say after enrolling that driver and key are well", async () => {
    const pin = `${canaries["the PIN"]}\n`;
    const added = host(["devices", "add", token.library, "--pin-stdin"], pin);
    expect(added.stderr).toBe("");
    expect(causes()).toEqual([]);
    expect(await diagnose()).toEqual([]);
  });

  test.each<[string, () => void, () => void]>([
    ["no-key", () => token.remove(DEVICE), () => token.insert(DEVICE)],
    ["driver-ended", () => token.setConf({ fault: "EnumDev:*:crash" }), () => token.setConf({ fault: null })],
    ["key-failed", () => token.setConf({ fault: "ConnectDev:*:code:0A000001" }), () => token.setConf({ fault: null })],
    ["driver-writable", () => chmodSync(vendor, 0o777), () => chmodSync(vendor, 0o755)],
  ])("tell %s, and no more once it is mended", async (cause, harm, mend) => {
    harm();
    expect(causes()).toEqual([cause]);
    expect(await diagnose()).toEqual([cause]);
    mend();
    expect(causes()).toEqual([]);
    expect(await diagnose()).toEqual([]);
  });

  test("a library that others can write is not enrolled, and the person reads why", () => {
    chmodSync(vendor, 0o777);
    const added = host(["devices", "add", token.library]);
    chmodSync(vendor, 0o755);
    expect(added.status).toBe(1);
    expect(added.stderr).toContain("其他用户可以改动这个驱动文件");
  });
});

test("a run for a browser leaves a library alone that fell over three times, and says so", async () => {
  const other = serveHost(home, [join(home, "certbridge-host")]);
  await other.met();
  token.setConf({ fault: "EnumDev:*:crash" });
  const told = [];
  for (let time = 0; time < 4; time++) {
    const { findings } = (await other.ask("diagnose", {})) as { findings: readonly { cause: string }[] };
    told.push(...findings.map(({ cause }) => cause).filter((cause) => /ended|paused/.test(cause)));
  }
  token.setConf({ fault: null });
  expect(told).toEqual(["driver-ended", "driver-ended", "driver-ended", "driver-paused"]);
  await other.end();
});

interface Left {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** Every file below the home, what goes to others, and what is said to the extension. */
async function everythingTold(): Promise<readonly Left[]> {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry): Left => {
    const path = join(entry.parentPath, entry.name);
    return { name: relative(home, path), content: readFileSync(path) };
  });
  const report = host(["devices", "report", token.library]);
  expect(report.status).toBe(0);
  return [
    ...files,
    { name: "devices report", content: report.stdout + report.stderr },
    { name: "doctor", content: host(["doctor"]).stdout + host(["doctor", "--json"]).stdout },
    { name: "diagnose", content: JSON.stringify(await served.ask("diagnose", {})) },
    { name: "standard error", content: served.output().stderr },
  ];
}

describe("a secret scan", () => {
  test.each<[string, string | null]>([
    ["a key that is well", null],
    ["a key that fails", "GetPINInfo:*:code:0A000001"],
    ["a library that ends", "EnumContainer:*:crash"],
    ["a library that prints", "*:*:print"],
  ])("finds nothing of the key in files, report and diagnosis: %s", async (_, fault) => {
    token.setConf({ fault });
    const told = await everythingTold();
    token.setConf({ fault: null });
    expect(told.some(({ name }) => name === "libraries.json")).toBe(true);
    const found = told.flatMap(({ name, content }) =>
      Object.entries(canaries).flatMap(([what, secret]) =>
        traces(content, secret).map((form) => `${what} in ${name}, ${form}`),
      ),
    );
    expect(found).toEqual([]);
  });

  test("would find it: the list that the person asked for has the holder's name", async () => {
    const { keys: listed } = (await served.ask("keys", {})) as { keys: readonly object[] };
    expect(traces(JSON.stringify(listed), canaries["the holder"])).not.toEqual([]);
    writeFileSync(join(home, "planted"), canaries["the label"]);
    expect(traces(readFileSync(join(home, "planted")), canaries["the label"])).toContain("bytes");
  });
});

test("a file that is not there is said to be", () => {
  const { status, stderr } = host(["devices", "report", join(dirname(token.library), "none.so")]);
  expect(status).toBe(1);
  expect(stderr).toContain("找不到文件");
});
