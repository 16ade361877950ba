import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
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

  test("names no place of the computer that built it", () => {
    for (const name of ["certbridge-host", "certbridge-host.mjs"]) {
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
