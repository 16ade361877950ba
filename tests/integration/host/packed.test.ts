import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/host.ts";
import { serveHost } from "../../support/served.ts";

/** The archive that people get, unpacked where nothing of this project is: it brings its own Node and runs from any folder. */
const folder = temporaryFolder();
const unpacked = join(folder.path, "下载 的 软件");
const person = join(folder.path, "张三");
const home = join(person, "data", "certbridge");
const program = join(unpacked, "certbridge-host", "certbridge-host");
afterAll(folder.remove);

beforeAll(() => {
  const root = resolve(import.meta.dirname, "../../..");
  execFileSync(process.execPath, [join(root, "tools/pack-host.mjs"), folder.path], { cwd: root });
  const [archive = ""] = readdirSync(folder.path).filter((name) => name.endsWith(".tar.gz"));
  expect(archive).toBe(`certbridge-host-${process.platform}-${process.arch}.tar.gz`);
  for (const path of [unpacked, person]) mkdirSync(path);
  execFileSync("tar", ["-xzf", join(folder.path, archive), "-C", unpacked]);
});

/** As a person runs it whose computer has no Node. */
function run(...args: readonly string[]) {
  const env = { PATH: "/usr/bin:/bin", HOME: person, XDG_DATA_HOME: join(person, "data") };
  return spawnSync(program, args, { cwd: person, env, encoding: "utf8" });
}

describe("the packed companion program", () => {
  test("says its version", () => {
    expect(run("--version")).toMatchObject({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });

  test("brings the cryptographic core in both of its builds", () => {
    for (const core of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
      const shipped = readFileSync(join(unpacked, "certbridge-host", core));
      expect(shipped.equals(readFileSync(join("build/wasm", core)))).toBe(true);
    }
  });

  test("brings of koffi what is run, its licence, and no more", () => {
    const brought = join(unpacked, "certbridge-host", "node_modules");
    const files = readdirSync(brought, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map((entry) => join(entry.parentPath, entry.name).slice(brought.length + 1)).toSorted();
    const machineCode = `@koromix/koffi-${process.platform}-${process.arch}`;
    expect(names).toEqual([
      ...["index.js", `${process.platform}_${process.arch}/koffi.node`, "package.json"].map(
        (name) => `${machineCode}/${name}`,
      ),
      ...["LICENSE.txt", "index.cjs", "package.json", "src/koffi/index.cjs", "src/koffi/src/static.cjs"].map(
        (name) => `koffi/${name}`,
      ),
    ]);
    const load = `const k = require("koffi"); console.log(k.load(null).func("int abs(int)")(-7))`;
    const env = { PATH: "/nowhere" };
    const ran = spawnSync(join(brought, "../node"), ["-e", load], { cwd: join(brought, ".."), env, encoding: "utf8" });
    expect(ran).toMatchObject({ status: 0, stdout: "7\n", stderr: "" });
  });

  test("leaves no core file behind, in which a PIN would stand", () => {
    const lines = readFileSync(program, "utf8").split("\n");
    const limits = spawnSync("sh", ["-c", `${lines[1]}; ulimit -c`], { encoding: "utf8" });
    expect(limits.stdout).toBe("0\n");
  });

  test("names no place of the computer that built it", () => {
    const scripts = readdirSync(join(unpacked, "certbridge-host")).filter((name) => name.endsWith(".mjs"));
    expect(scripts.length).toBeGreaterThan(2);
    for (const name of ["certbridge-host", ...scripts]) {
      const text = readFileSync(join(unpacked, "certbridge-host", name), "utf8");
      for (const place of [process.execPath, process.cwd()]) expect(text).not.toContain(place);
    }
  });

  test("finds before its installation that it is not installed, and after it nothing to complain of", () => {
    const before = run("doctor", "--json");
    expect(before.status).toBe(1);
    expect(JSON.parse(before.stdout)).toMatchObject({ version: "0.1.0", ok: false });
    const profile = join(person, "浏览器");
    expect(run("install", "--browser-profile", profile)).toMatchObject({ status: 0, stderr: "" });
    const after = run("doctor", "--json");
    expect(JSON.parse(after.stdout)).toMatchObject({ ok: true });
    expect(after.status).toBe(0);
  });

  test("answers a browser by the launcher that it installed", async () => {
    const served = serveHost(home, [join(home, "certbridge-host")]);
    expect(await served.ask("status", { extension: "0.1.0" })).toMatchObject({
      version: "0.1.0",
      protocol: HOST_PROTOCOL,
    });
    expect(await served.ask("keys", {})).toEqual({ keys: [] });
    expect(await served.end()).toBe(0);
  });
});

describe("install.sh, for somebody without an administrator", () => {
  const other = join(folder.path, "李 四's");
  const installer = join(unpacked, "certbridge-host", "install.sh");
  const installed = join(other, "data", "certbridge-program");
  const profile = join(other, "浏览器 配置");
  const env = { PATH: "/usr/bin:/bin", HOME: other, XDG_DATA_HOME: join(other, "data") };
  const sh = (script: string, ...args: readonly string[]) =>
    spawnSync(script, args, { cwd: "/", env, encoding: "utf8" });
  const installs = (...args: readonly string[]) => sh(installer, ...args);
  const doctor = () => sh(join(installed, "certbridge-host"), "doctor", "--json");

  test("is silent where it is told to be, and leaves a program that is content with itself", () => {
    mkdirSync(other);
    const ran = installs("--quiet", "--", "--browser-profile", profile);
    expect(ran).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(JSON.parse(doctor().stdout)).toMatchObject({ ok: true });
    expect(statSync(join(installed, "node")).mode & 0o022).toBe(0);
    const manifest = join(profile, "NativeMessagingHosts", "org.certbridge.host.json");
    const { path } = JSON.parse(readFileSync(manifest, "utf8")) as { path: string };
    expect(path).toBe(join(other, "data", "certbridge", "certbridge-host"));
    expect(readFileSync(path, "utf8")).toContain("certbridge-program/node");
  });

  test("the browser starts what it installed, on a PATH without Node, and that mends its manifest", async () => {
    const manifest = join(profile, "NativeMessagingHosts", "org.certbridge.host.json");
    const written = readFileSync(manifest, "utf8");
    writeFileSync(manifest, "{");
    const served = serveHost("", [join(other, "data", "certbridge", "certbridge-host")], { env: { PATH: "/nowhere" } });
    expect(await served.ask("status", { extension: "0.1.0" })).toMatchObject({ protocol: HOST_PROTOCOL });
    expect(await served.end()).toBe(0);
    expect(readFileSync(manifest, "utf8")).toBe(written);
  });

  test("says where it made itself known, and takes the place of an older one whole", () => {
    writeFileSync(join(installed, "left-over-of-an-older-one"), "");
    const ran = installs("--", "--browser-profile", profile);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toContain(profile);
    expect(readdirSync(installed).sort()).toEqual(readdirSync(join(unpacked, "certbridge-host")).sort());
    expect(readdirSync(join(other, "data")).sort()).toEqual(["certbridge", "certbridge-program"]);
  });

  test.each<[number, string, readonly string[]]>([
    [2, "an option that there is not", ["--all"]],
    [2, "a folder that is not named", ["--folder"]],
    [2, "a folder that is relative", ["--folder", "here"]],
    [2, "an uninstall where nothing is installed", ["--folder", "/nowhere/at all", "--uninstall"]],
    [1, "a browser that there is not", ["--", "--browser", "netscape"]],
    [4, "a folder that holds something else", ["--folder", unpacked]],
    [4, "a folder that cannot be made", ["--folder", "/proc/certbridge"]],
    [2, "a folder that is the root", ["--folder", "//"]],
    [1, "certificates below the program", ["--", "--home", join(installed, "data")]],
  ])("ends with %i for %s, and says so in both languages", (status, _what, args) => {
    const ran = installs(...args);
    expect(ran.status).toBe(status);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toMatch(/[\u4e00-\u9fff]/);
    expect(ran.stderr).toMatch(/[a-z]{4}/);
    expect(JSON.parse(doctor().stdout)).toMatchObject({ ok: true });
  });

  test.each(["keys", "data/keys", "identity.json"])("neither replaces nor removes a folder that holds %s", (name) => {
    const shared = join(other, "shared", "certbridge");
    mkdirSync(join(shared, name), { recursive: true });
    for (const file of ["certbridge-host.mjs", "node"]) writeFileSync(join(shared, file), "", { mode: 0o755 });
    const before = readdirSync(join(other, "shared"), { recursive: true });
    for (const args of [[], ["--uninstall"]]) {
      const ran = installs("--folder", shared, ...args);
      expect(ran).toMatchObject({ status: 4, stdout: "" });
      expect(ran.stderr).toContain("证书");
      expect(readdirSync(join(other, "shared"), { recursive: true })).toEqual(before);
    }
    rmSync(join(other, "shared"), { recursive: true });
  });

  test("removes nothing beside the folder, and no variable steers its Node", () => {
    const beside = ["new", "old"].map((name) => `${installed}.${name}`);
    for (const path of beside) mkdirSync(path);
    const steered = { ...env, NODE_OPTIONS: "--no-such-option" };
    const args = ["--folder", `${installed}/`, "--", "--browser-profile", profile];
    expect(spawnSync(installer, args, { cwd: "/", env: steered, encoding: "utf8" })).toMatchObject({ status: 0 });
    for (const path of beside) {
      expect(existsSync(path)).toBe(true);
      rmSync(path, { recursive: true });
    }
    expect(readdirSync(join(other, "data")).sort()).toEqual(["certbridge", "certbridge-program"]);
  });

  test("puts the older one back where the new one cannot take its place", () => {
    const commands = join(other, "commands");
    mkdirSync(commands);
    const mv = `#!/bin/sh\ncase $2 in */new) exit 1 ;; esac\nexec /bin/mv "$@"\n`;
    writeFileSync(join(commands, "mv"), mv, { mode: 0o755 });
    writeFileSync(join(installed, "of-the-older-one"), "");
    const failing = { ...env, PATH: `${commands}:${env.PATH}` };
    expect(spawnSync(installer, [], { cwd: "/", env: failing, encoding: "utf8" }).status).toBe(4);
    expect(readdirSync(installed)).toContain("of-the-older-one");
    expect(readdirSync(join(other, "data")).sort()).toEqual(["certbridge", "certbridge-program"]);
  });

  test("takes XDG_DATA_HOME only where it is a path from the root", () => {
    for (const said of ["", "relative"]) {
      const elsewhere = { ...env, XDG_DATA_HOME: said };
      const ran = spawnSync(installer, ["--uninstall"], { cwd: "/", env: elsewhere, encoding: "utf8" });
      expect(ran).toMatchObject({ status: 2 });
      expect(ran.stderr).toContain(join(other, ".local/share/certbridge-program"));
    }
  });

  test("ends with 3 where the archive is for another processor", () => {
    const foreign = join(other, "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "node"), "\u007fELF of another kind", { mode: 0o755 });
    writeFileSync(join(foreign, "copy.sh"), readFileSync(installer), { mode: 0o755 });
    expect(sh(join(foreign, "copy.sh")).status).toBe(3);
  });

  test("hands to uninstall what follows --, and keeps the program where that failed", () => {
    const elsewhere = join(other, "另一处 数据");
    const there = join(other, "另一处 程序");
    const args = ["--folder", there, "--", "--home", elsewhere, "--browser-profile", join(other, "p")];
    expect(installs(...args)).toMatchObject({ status: 0, stderr: "" });
    const refused = installs("--folder", there, "--uninstall", "--", "--no-such-option");
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(existsSync(there)).toBe(true);
    expect(installs("--folder", there, "--uninstall", "--", "--home", elsewhere)).toMatchObject({ status: 0 });
    expect(existsSync(there)).toBe(false);
    expect(readdirSync(elsewhere)).not.toContain("installed.json");
    expect(readdirSync(elsewhere)).toContain("keys");
    expect(JSON.parse(doctor().stdout)).toMatchObject({ ok: true });
  });

  test("takes everything away again but certificates and records", () => {
    const ran = installs("--uninstall");
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(installed)).toBe(false);
    expect(existsSync(join(profile, "NativeMessagingHosts"))).toBe(false);
    expect(readdirSync(join(other, "data", "certbridge"))).toContain("keys");
    expect(installs("--uninstall").status).toBe(2);
  });
});
