import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PROGRAM, encodeInstaller } from "../../../tools/windows-installer.ts";
import { temporaryFolder } from "../../support/host.ts";

/**
 * The installer for Windows as NSIS makes it, of a few small files in the program's place: its Node is fetched when a release is packed, and runs nowhere
 * here. What the script says is held in contract/house/installers.
 */
const folder = temporaryFolder();
afterAll(folder.remove);

const files = [
  "node.exe",
  "certbridge-host.mjs",
  "certbridge-host.cmd",
  "firefox/org.certbridge.host.json",
  "a/b/koffi.node",
];

/** Makes it in a folder of its own; gives its bytes. */
function make(name: string, change: Readonly<Record<string, string>> = {}): Buffer {
  const work = join(folder.path, name);
  for (const file of files) {
    mkdirSync(dirname(join(work, PROGRAM, file)), { recursive: true });
    writeFileSync(join(work, PROGRAM, file), change[file] ?? `content of ${file}\n`);
  }
  const out = join(work, "安装 程序.exe");
  const script = join(work, "installer.nsi");
  writeFileSync(script, encodeInstaller({ version: "0.1.0", files, sizeKiB: 1, out }));
  const env = { PATH: process.env["PATH"], SOURCE_DATE_EPOCH: "1767225600", LC_ALL: "C.UTF-8" };
  const ran = spawnSync("makensis", ["-V2", "-WX", "-INPUTCHARSET", "UTF8", script], { env, encoding: "utf8" });
  expect(ran, ran.stdout).toMatchObject({ status: 0, stderr: "" });
  return readFileSync(out);
}

test("NSIS takes the script without a warning, makes the same bytes of the same files, and asks for no more rights than the person has", () => {
  const installer = make("一");
  expect(installer.subarray(0, 2).toString("latin1")).toBe("MZ");
  expect(installer.toString("latin1")).toContain('requestedExecutionLevel level="asInvoker"');
  expect(make("二 (again)").equals(installer)).toBe(true);
  expect(make("三", { "a/b/koffi.node": "another" }).equals(installer)).toBe(false);
});
