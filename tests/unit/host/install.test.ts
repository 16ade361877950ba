import { spawnSync } from "node:child_process";
import { mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CHROMIUM_EXTENSION_ID, FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { afterAll, describe, expect, test } from "vitest";
import { homeAt } from "../../../apps/host/src/home.ts";
import { isFirefoxManifest } from "../../../apps/host/src/install/firefox-manifest.ts";
import { isInProgram } from "../../../apps/host/src/install/install.ts";
import { encodeLauncher, encodeMachineLauncher } from "../../../apps/host/src/install/launcher.ts";
import { placeOf, profilePlace } from "../../../apps/host/src/install/places.ts";
import { uninstall } from "../../../apps/host/src/install/uninstall.ts";
import { manifestBeside } from "../../../apps/host/src/install/windows.ts";
import { openComputer } from "../../support/computer.ts";
import { openAuthority, registryOf, temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

/** Every file below a folder. */
async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("install", () => {
  test("writes a manifest for each browser with the ids of one list, and a launcher of absolute paths", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const [chromium, , , firefox] = computer.places;
    expect(JSON.parse(await readFile(chromium?.manifest ?? "", "utf8"))).toEqual({
      name: "org.certbridge.host",
      description: "CertBridge 互认通程序",
      path: computer.home.launcher,
      type: "stdio",
      allowed_origins: [`chrome-extension://${CHROMIUM_EXTENSION_ID}/`],
    });
    expect(JSON.parse(await readFile(firefox?.manifest ?? "", "utf8"))).toMatchObject({
      allowed_extensions: [FIREFOX_EXTENSION_ID],
    });
    expect((await stat(computer.home.launcher)).mode & 0o777).toBe(0o700);
    expect((await stat(computer.home.folder)).mode & 0o777).toBe(0o700);
    expect(await computer.bad()).toEqual([]);
  });

  test("the launcher's words survive spaces, quotes and Chinese, and the environment does not reach the program", () => {
    const launcher = encodeLauncher({ node: "/opt/no de", script: "/opt/it's.mjs" }, "/home/张三/a $HOME");
    expect(launcher).toContain(`'/opt/it'\\''s.mjs' '--home' '/home/张三/a $HOME' "$@"`);
    expect(launcher).toContain("/usr/bin/env -i ");
    expect(launcher).toContain("'--disable-sigusr1'");
  });

  test("the machine's launcher finds the program beside itself, with no other program than env", async () => {
    const { root } = await openComputer(folder);
    const launcher = join(root, "certbridge-browser");
    await writeFile(launcher, encodeMachineLauncher(), { mode: 0o755 });
    await writeFile(join(root, "node"), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
    const ran = spawnSync(launcher, ["a b"], { cwd: "/", encoding: "utf8", env: { PATH: "/nowhere" } });
    const words = `--disable-sigusr1 --no-warnings ${join(root, "certbridge-host.mjs")} a b\n`;
    expect(ran).toMatchObject({ status: 0, stdout: words, stderr: "" });
    expect(encodeMachineLauncher().match(/\/(usr|bin)\/[a-z/]+/g)).toEqual(["/bin/sh", "/usr/bin/env"]);
  });

  test("again, and for a throw-away profile beside it: everything stays known", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const profile = profilePlace(join(computer.root, "profile"));
    const { record } = await computer.install(null, [profile]);
    expect(record.manifests).toHaveLength(5);
    expect(await computer.bad()).toEqual([]);
    await uninstall(computer.home);
    expect(await filesBelow(join(computer.root))).toEqual([computer.script]);
  });

  test("goes on where one browser's manifest cannot be written, and uninstall finds everything that was", async () => {
    const computer = await openComputer(folder);
    const [chromium, chrome] = computer.places.map(({ manifest }) => manifest);
    // Of one the folder is a file, of the other the manifest is a folder.
    await mkdir(dirname(dirname(dirname(chromium ?? ""))), { recursive: true });
    await writeFile(dirname(dirname(chromium ?? "")), "");
    await mkdir(chrome ?? "", { recursive: true });
    const { record, failed } = await computer.install();
    expect(failed.map(({ label }) => label)).toEqual(["chromium", "chrome"]);
    expect(record.manifests.map(({ label }) => label)).toEqual(["edge", "firefox"]);
    await uninstall(computer.home);
    expect((await filesBelow(computer.root)).sort()).toEqual(
      [computer.script, dirname(dirname(chromium ?? ""))].sort(),
    );
  });

  test("that fails in the home itself still leaves a receipt of what was written", async () => {
    const computer = await openComputer(folder);
    const registry = join(computer.root, "registry.json");
    await writeFile(registry, JSON.stringify(registryOf(openAuthority())));
    await mkdir(computer.home.registry, { recursive: true });
    await expect(computer.install(registry)).rejects.toMatchObject({ code: "EISDIR" });
    await uninstall(computer.home);
    expect((await filesBelow(computer.root)).sort()).toEqual([computer.script, registry].sort());
  });

  test("tells a home that is the program's folder, or lies in it, also by a link and before it is there", async () => {
    const { root, script } = await openComputer(folder);
    await symlink(root, `${root} link`);
    const homes = ["", "/data", "/data/a", " link", " link/data", "/..a"];
    for (const at of homes) expect(await isInProgram(homeAt(root + at), script), at).toBe(true);
    for (const at of ["-data", "/..", "/../data"]) expect(await isInProgram(homeAt(root + at), script), at).toBe(false);
  });

  test("takes a registry, and refuses what is none before anything is written", async () => {
    const computer = await openComputer(folder);
    const registry = join(computer.root, "registry.json");
    await writeFile(registry, '{"platforms":[]}');
    await expect(computer.install(registry)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(await filesBelow(computer.person.home)).toEqual([]);
    await writeFile(registry, JSON.stringify(registryOf(openAuthority())));
    await computer.install(registry);
    expect(JSON.parse(await readFile(computer.home.registry, "utf8"))).toHaveProperty("authorities.0.id", "test-ca");
  });
});

describe("Firefox's manifest is ours", () => {
  test("where install wrote it, where the machine has it, or beside the program: nowhere else", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const { home, person } = computer;
    const program = join(computer.root, "程 序");
    const beside = manifestBeside(program, "firefox");
    await mkdir(dirname(beside), { recursive: true });
    await writeFile(beside, "{}");
    const another = join(computer.root, "org.certbridge.host.json");
    await writeFile(another, "{}");
    // Windows has several spellings of one folder; here a link is one.
    await symlink(program, join(computer.root, "程~1"));
    const isOurs = (path: string) => isFirefoxManifest({ home, person, folder: program, path });
    const { manifest, machine } = placeOf("firefox", person);
    for (const path of [manifest, ...machine, beside, manifestBeside(join(computer.root, "程~1"), "firefox")]) {
      expect(await isOurs(path), path).toBe(true);
    }
    const chromium = computer.places[0]?.manifest ?? "";
    for (const path of [another, chromium, manifestBeside(program, "chromium"), join(computer.root, "gone.json")]) {
      expect(await isOurs(path), path).toBe(false);
    }
  });
});

describe("uninstall", () => {
  test("removes exactly what install wrote: keys stay, and what was there before", async () => {
    const computer = await openComputer(folder);
    const [chromium] = computer.places;
    const neighbour = join(dirname(chromium?.manifest ?? ""), "org.other.json");
    await mkdir(dirname(neighbour), { recursive: true });
    await writeFile(neighbour, "{}");
    await computer.install();
    const key = join(computer.home.keys, `${"a".repeat(32)}.json`);
    await writeFile(key, "key");
    await uninstall(computer.home);
    expect((await filesBelow(computer.root)).sort()).toEqual([computer.script, neighbour, key].sort());
    expect(await readdir(computer.person.config)).toEqual(["chromium"]);
  });

  test("leaves a manifest alone that another installation put in the place of ours", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const manifest = computer.places[0]?.manifest ?? "";
    const other = JSON.stringify({ name: "org.certbridge.host", path: "/opt/other", type: "stdio" });
    await writeFile(manifest, other);
    const { removed, left } = await uninstall(computer.home);
    expect(removed).not.toContain(manifest);
    expect(left).toEqual([{ path: manifest, why: "foreign" }]);
    expect(await readFile(manifest, "utf8")).toBe(other);
  });

  test("is not stopped by one file that does not go: it is named, and gone the next time", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const [chromium = "", chrome = "", edge = "", firefox = ""] = computer.places.map(({ manifest }) => manifest);
    await rm(chromium);
    await mkdir(join(chromium, "a folder"), { recursive: true });
    await rm(dirname(chrome), { recursive: true });
    await writeFile(dirname(chrome), "a file");
    const { removed, left } = await uninstall(computer.home);
    expect(left).toEqual([{ path: chromium, why: "failed" }]);
    expect(removed).toEqual([edge, firefox, computer.home.launcher]);
    await rm(chromium, { recursive: true });
    expect(await uninstall(computer.home)).toEqual({ removed: [computer.home.installed], left: [] });
    expect((await filesBelow(computer.root)).sort()).toEqual([computer.script, dirname(chrome)].sort());
  });

  test("where nothing is installed does nothing", async () => {
    expect(await uninstall((await openComputer(folder)).home)).toEqual({ removed: [], left: [] });
  });
});

describe("uninstall, in full", () => {
  test("a registry that the person changed since stays, and is named; an altered manifest of ours goes", async () => {
    const computer = await openComputer(folder);
    const registry = join(computer.root, "registry.json");
    await writeFile(registry, JSON.stringify(registryOf(openAuthority())));
    await computer.install(registry);
    await writeFile(computer.home.registry, "{}");
    const manifest = computer.places[0]?.manifest ?? "";
    const ours = JSON.parse(await readFile(manifest, "utf8")) as object;
    await writeFile(manifest, JSON.stringify({ ...ours, allowed_origins: ["chrome-extension://a/"] }));
    const { removed, left } = await uninstall(computer.home);
    expect(left).toEqual([{ path: computer.home.registry, why: "altered" }]);
    expect(removed).toContain(manifest);
    expect(await filesBelow(computer.home.folder)).toEqual([computer.home.registry]);
  });

  test("by a receipt of the first format, which had no digests", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    const { sha256: _, ...record } = JSON.parse(await readFile(computer.home.installed, "utf8")) as { sha256: object };
    await writeFile(computer.home.installed, JSON.stringify({ ...record, format: "certbridge-installed:1" }));
    await uninstall(computer.home);
    expect(await filesBelow(computer.root)).toEqual([computer.script]);
  });
});
