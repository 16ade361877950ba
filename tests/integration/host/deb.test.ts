import { spawn, spawnSync, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFrame, newId, readFrames, temporaryFolder } from "../../support/host.ts";
import { openClient } from "../../support/client.ts";
import { type DpkgRan, openDpkg, packDeb } from "../../support/dpkg-root.ts";
import { startsInstalled } from "../../support/installed-root.ts";
import { openPerson } from "../../support/person.ts";
import { missingForPrivatePolicies } from "../../support/private-policies.ts";
import { CALLER, serveHost } from "../../support/served.ts";

/**
 * The system's own package, installed by dpkg and used by an ordinary user: started by what its manifests name, as Chromium starts it, on a PATH without
 * Node; then removed by dpkg.
 */
const folder = temporaryFolder();
const unpacked = join(folder.path, "root");
const person = openPerson();
const program = join(unpacked, "usr/lib/certbridge");
const { owner } = person;
/** Of a user made for this test it is where the system's list says; whoever runs the tests themselves gets another one. */
const home = owner === undefined ? join(person.folder, "home") : join(person.folder, ".local/share/certbridge");
const given = owner === undefined ? ["--home", home] : [];
const ENV = { PATH: join(folder.path, "empty"), HOME: "/nowhere", NODE_OPTIONS: "--no-such-option" };
let deb = "";
let dpkg: ReturnType<typeof openDpkg>;
let installed: DpkgRan | undefined;

beforeAll(() => {
  deb = packDeb(folder.path);
  dpkg = openDpkg(unpacked);
  installed = dpkg("-i", deb);
  // The user has to get at what lies below a folder of the tests'.
  for (const path of [folder.path, unpacked]) chmodSync(path, 0o755);
  mkdirSync(ENV.PATH);
});
afterAll(() => {
  person.remove();
  folder.remove();
});

const field = (name: string) => execFileSync("dpkg-deb", ["-f", deb, name], { encoding: "utf8" }).trimEnd();
const manifestOf = (path: string) => JSON.parse(readFileSync(join(unpacked, path), "utf8")) as Record<string, unknown>;

/** Asks `status` once, as that browser: the program is the manifest's. */
async function ask(manifest: string): Promise<unknown> {
  const { path } = manifestOf(manifest);
  const child = spawn(join(unpacked, String(path)), [...given, CALLER], {
    cwd: program,
    env: ENV,
    stdio: ["pipe", "pipe", "pipe"],
    ...owner,
  });
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  child.stdin.end(encodeFrame({ v: 1, id: newId(), operation: "status", params: { extension: "0.1.0" } }));
  const [status] = (await once(child, "close")) as [number | null];
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [answer] = readFrames(Buffer.concat(out));
  return answer;
}

describe("the .deb", () => {
  test("is installed by dpkg, which finds everything that it needs, and every file as it ought to be", () => {
    expect(installed).toMatchObject({ status: 0, said: [] });
    expect(dpkg("--verify", "certbridge-host")).toEqual({ status: 0, stdout: "", said: [] });
    expect(dpkg("--status", "certbridge-host").stdout).toContain("Status: install ok installed");
  });

  test("says what it is and what it needs, and runs nothing when it is installed", () => {
    expect(field("Package")).toBe("certbridge-host");
    expect(field("Version")).toBe("0.1.0");
    expect(field("Architecture")).toBe(process.arch === "x64" ? "amd64" : process.arch);
    expect(field("Depends")).not.toMatch(/node/i);
    const info = execFileSync("dpkg-deb", ["--ctrl-tarfile", deb]);
    const names = spawnSync("tar", ["-t"], { input: info, encoding: "utf8" }).stdout.trim().split("\n").sort();
    expect(names).toEqual(["./", "./control", "./md5sums"]);
  });

  test("has every file as its list of digests says, of root, and writable by root alone", () => {
    const listed = execFileSync("dpkg-deb", ["-c", deb], { encoding: "utf8" }).trim().split("\n");
    for (const line of listed) expect(line).toMatch(/^(l|[d-]rwx?r?-?x?).{0,9} root\/root /);
    for (const line of listed.filter((one) => !one.startsWith("l")))
      expect(line.slice(0, 10)).not.toMatch(/.{5}w|.{8}w/);
    const sums = spawnSync("dpkg-deb", ["-I", deb, "md5sums"], { encoding: "utf8" }).stdout.trim().split("\n");
    for (const line of sums) {
      const [sum, path = ""] = line.split("  ");
      const content = readFileSync(join(unpacked, path));
      expect(createHash("md5").update(content).digest("hex"), path).toBe(sum);
    }
  });

  test("makes itself known to the browsers of the machine, by what lies in the package", () => {
    const manifests = [
      "etc/chromium/native-messaging-hosts/org.certbridge.host.json",
      "etc/opt/chrome/native-messaging-hosts/org.certbridge.host.json",
      "etc/opt/edge/native-messaging-hosts/org.certbridge.host.json",
      "usr/lib/mozilla/native-messaging-hosts/org.certbridge.host.json",
    ];
    const found = readdirSync(unpacked, { recursive: true, encoding: "utf8" });
    expect(found.filter((path) => path.endsWith("org.certbridge.host.json")).sort()).toEqual(manifests);
    for (const path of manifests) {
      expect(manifestOf(path)).toMatchObject({ path: "/usr/lib/certbridge/certbridge-browser", type: "stdio" });
    }
    expect(statSync(join(program, "certbridge-browser")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(unpacked, "usr/bin/certbridge-host"))).toBe("../lib/certbridge/certbridge-host");
  });

  test("names no place of the computer that built it", () => {
    for (const name of ["certbridge-host", "certbridge-browser", "certbridge-host.mjs"]) {
      const text = readFileSync(join(program, name), "utf8");
      for (const place of [process.execPath, process.cwd()]) expect(text).not.toContain(place);
    }
  });

  test("comes out with the same bytes when it is built again", () => {
    const other = join(folder.path, "again");
    mkdirSync(other);
    expect(readFileSync(packDeb(other)).equals(readFileSync(deb))).toBe(true);
  });
});

describe("its program, for a person who has installed nothing", () => {
  test.each([
    "etc/chromium/native-messaging-hosts/org.certbridge.host.json",
    "etc/opt/chrome/native-messaging-hosts/org.certbridge.host.json",
  ])("answers the browser that found it by /%s", async (manifest) => {
    expect(await ask(manifest)).toMatchObject({
      ok: true,
      result: { version: "0.1.0", protocol: HOST_PROTOCOL, paired: false, hazards: [] },
    });
    expect(lstatSync(home).mode & 0o777).toBe(0o700);
    if (owner !== undefined) expect(lstatSync(home).uid).toBe(owner.uid);
  });

  test("its commands run by the link in /usr/bin", () => {
    const env = { PATH: "/usr/bin:/bin", HOME: person.folder };
    const ran = spawnSync(join(unpacked, "usr/bin/certbridge-host"), ["--version"], {
      env,
      encoding: "utf8",
      ...owner,
    });
    expect(ran).toMatchObject({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });
});

const missing = owner === undefined ? "root, to make a user" : missingForPrivatePolicies(["setpriv"]);
if (missing !== null) console.warn(`the program of the whole machine is not tested: ${missing}`);

describe.skipIf(missing !== null)("installed for the whole machine", () => {
  const starts = (name: string) =>
    startsInstalled(join(folder.path, "machine"), unpacked, owner ?? { uid: 0, gid: 0 }, name);
  const profiles = join(person.folder, ".config/chromium");
  const command = (...args: readonly string[]) => {
    const env = { PATH: "/usr/bin:/bin", HOME: person.folder };
    return spawnSync(starts("certbridge-host"), args, { env, encoding: "utf8" });
  };
  const meets = async () => {
    const served = serveHost(home, [starts("certbridge-browser")], { client: await openClient() });
    const { paired } = await served.met();
    const keys = await served.answerTo("keys", {});
    await served.end();
    return { paired, keys };
  };

  beforeAll(() => {
    person.makeFolder(".config");
    person.makeFolder(".config/chromium");
    person.makeFolder(".config/chromium/Default");
  });

  test("it knows nobody's browser until that person has run install, without any rights", async () => {
    expect(await meets()).toMatchObject({ paired: false, keys: { ok: false, error: { code: "NOT_PAIRED" } } });
    const installed = command("install");
    expect(installed).toMatchObject({ status: 0, stderr: "" });
    expect(installed.stdout).toContain(
      "chromium: /etc/chromium/native-messaging-hosts/org.certbridge.host.json  （整机安装 / for the whole machine）",
    );
    expect(await meets()).toMatchObject({ paired: true, keys: { ok: true, result: { keys: [] } } });
    expect(await meets()).toMatchObject({ paired: false });
  });

  test("with another home it writes the person's own manifest, which leads there", () => {
    const elsewhere = join(person.folder, "elsewhere");
    const installed = command("--home", elsewhere, "install");
    expect(installed).toMatchObject({ status: 0, stderr: "" });
    const manifest = join(profiles, "NativeMessagingHosts/org.certbridge.host.json");
    expect(installed.stdout).toContain(`chromium: ${manifest}\n`);
    expect(JSON.parse(readFileSync(manifest, "utf8"))).toMatchObject({ path: join(elsewhere, "certbridge-host") });
    expect(command("--home", elsewhere, "uninstall").status).toBe(0);
  });

  test("which writes no manifest of the person's own, and leaves doctor content", () => {
    expect(readdirSync(profiles)).toEqual(["Default"]);
    const { status, stdout } = command("doctor", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(status).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: { about: string; path: string; verdict: string }[] };
    expect(findings.find(({ about }) => about === "manifest:chromium")).toMatchObject({
      verdict: "good",
      path: "/etc/chromium/native-messaging-hosts/org.certbridge.host.json",
    });
  });

  test("and uninstall ends the pairings, and takes nothing of the machine's", () => {
    const { status, stdout } = command("uninstall");
    expect(status).toBe(0);
    expect(stdout).not.toContain("/etc/");
    expect(JSON.parse(command("pairings", "list", "--json").stdout)).toEqual({ paired: [], open: [] });
  });
});

describe("dpkg", () => {
  const everything = () =>
    readdirSync(unpacked, { recursive: true, encoding: "utf8" }).filter((path) => !/^var(\/|$)/.test(path));

  test("puts a newer one over an older one", () => {
    const before = everything().toSorted();
    expect(dpkg("-i", deb)).toMatchObject({ status: 0, said: [] });
    expect(everything().toSorted()).toEqual(before);
  });

  test.each(["--remove", "--purge"])("%s leaves nothing behind", (way) => {
    if (everything().length === 0) expect(dpkg("-i", deb)).toMatchObject({ status: 0, said: [] });
    expect(everything()).not.toEqual([]);
    expect(dpkg(way, "certbridge-host")).toMatchObject({ status: 0, said: [] });
    expect(everything()).toEqual([]);
    const info = readdirSync(join(unpacked, "var/lib/dpkg/info"));
    expect(info.filter((name) => name.startsWith("certbridge"))).toEqual([]);
    expect(dpkg("--status", "certbridge-host").status).toBe(1);
  });
});
