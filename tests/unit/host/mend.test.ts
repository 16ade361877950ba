import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { homeAt } from "../../../apps/host/src/home.ts";
import { install } from "../../../apps/host/src/install/install.ts";
import { mendInstalled } from "../../../apps/host/src/install/mend.ts";
import { placeOf } from "../../../apps/host/src/install/places.ts";
import { readInstalled, sha256Of } from "../../../apps/host/src/install/receipt.ts";
import { uninstall } from "../../../apps/host/src/install/uninstall.ts";
import type { LogLine } from "../../../apps/host/src/log.ts";
import { temporaryFolder } from "../../support/host.ts";

/** A start of the program mends its manifests and its launcher, and nobody else's. */
const folder = temporaryFolder();
afterAll(folder.remove);

let count = 0;

async function openComputer() {
  const root = join(folder.path, `电脑 ${++count}`);
  const person = { home: join(root, "张 三"), config: join(root, "张 三", ".config"), root };
  const home = homeAt(join(person.home, ".local", "share", "certbridge"));
  const script = join(root, "certbridge-host.mjs");
  await mkdir(join(person.config, "chromium", "Default"), { recursive: true });
  await writeFile(script, "");
  const places = (["chromium", "firefox"] as const).map((name) => placeOf(name, person));
  await install({ home, program: { node: process.execPath, script }, version: "0.1.0", places, registry: null });
  const lines: LogLine[] = [];
  const manifest = places[0]?.manifest ?? "";
  return {
    person,
    home,
    script,
    manifest,
    lines,
    written: await readFile(manifest, "utf8"),
    mend: () =>
      mendInstalled(home, async (line) => {
        lines.push(line);
      }),
  };
}

test("the receipt has the digest of every file", async () => {
  const { home, manifest, written } = await openComputer();
  const record = await readInstalled(home);
  expect(record?.sha256[manifest]).toBe(sha256Of(written));
  expect(record?.sha256[home.launcher]).toBe(sha256Of(await readFile(home.launcher)));
  expect(Object.keys(record?.sha256 ?? {})).toHaveLength(3);
});

test("what is as it was written is left as it is", async () => {
  const computer = await openComputer();
  const { mtimeMs } = await stat(computer.manifest);
  expect(await computer.mend()).toEqual([]);
  expect((await stat(computer.manifest)).mtimeMs).toBe(mtimeMs);
  expect(computer.lines).toEqual([]);
});

describe("a manifest is written again that", () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ["is gone", (path) => rm(path)],
    ["is gone with its folder", (path) => rm(dirname(path), { recursive: true })],
    ["is broken", (path) => writeFile(path, "{")],
    ["is empty, after a power cut", (path) => writeFile(path, "")],
    [
      "lets another extension in",
      async (path) => {
        const ours = JSON.parse(await readFile(path, "utf8")) as object;
        await writeFile(path, JSON.stringify({ ...ours, allowed_origins: ["chrome-extension://a/"] }));
      },
    ],
  ])("%s", async (_what, harm) => {
    const computer = await openComputer();
    await harm(computer.manifest);
    expect(await computer.mend()).toEqual([computer.manifest]);
    expect(await readFile(computer.manifest, "utf8")).toBe(computer.written);
    expect((await stat(computer.manifest)).mode & 0o777).toBe(0o644);
    expect(computer.lines).toEqual([{ event: "mended" }]);
  });
});

describe("the launcher is written again that", () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ["is gone", (path) => rm(path)],
    ["cannot be started", (path) => chmod(path, 0o600)],
    [
      "is of an older version",
      async (path) => writeFile(path, (await readFile(path, "utf8")).replace("ulimit -c 0\n", "")),
    ],
    ["starts something else", (path) => writeFile(path, "#!/bin/sh\nexec /opt/other\n")],
  ])("%s", async (_what, harm) => {
    const { home, mend, lines } = await openComputer();
    const written = await readFile(home.launcher, "utf8");
    await harm(home.launcher);
    expect(await mend()).toEqual([home.launcher]);
    expect(await readFile(home.launcher, "utf8")).toBe(written);
    expect((await stat(home.launcher)).mode & 0o777).toBe(0o700);
    expect(lines).toEqual([{ event: "mended" }]);
    expect(await mend()).toEqual([]);
  });
});

describe("nothing is written", () => {
  test("over a manifest that names another program", async () => {
    const computer = await openComputer();
    const other = JSON.stringify({ name: "org.certbridge.host", path: "/opt/other", type: "stdio" });
    await writeFile(computer.manifest, other);
    expect(await computer.mend()).toEqual([]);
    expect(await readFile(computer.manifest, "utf8")).toBe(other);
  });

  test("for a browser that was removed with its profiles", async () => {
    const computer = await openComputer();
    await rm(join(computer.person.config, "chromium"), { recursive: true });
    expect(await computer.mend()).toEqual([]);
    expect(await readdir(computer.person.config)).toEqual([]);
  });

  test("after the person uninstalled", async () => {
    const computer = await openComputer();
    await uninstall(computer.home);
    expect(await computer.mend()).toEqual([]);
    expect(await readdir(join(computer.person.config, "chromium"))).toEqual(["Default"]);
  });

  test("where the launcher could start nothing: doctor says so", async () => {
    const computer = await openComputer();
    await rm(computer.manifest);
    await rm(computer.home.launcher);
    await rm(computer.script);
    expect(await computer.mend()).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)("in a folder of somebody else", async () => {
    const computer = await openComputer();
    const { chown } = await import("node:fs/promises");
    await rm(computer.manifest);
    const profiles = join(computer.person.config, "chromium");
    for (const path of [profiles, join(profiles, "NativeMessagingHosts")]) await chown(path, 12345, 12345);
    expect(await computer.mend()).toEqual([]);
  });

  test("where one place cannot be read, which hinders no other", async () => {
    const computer = await openComputer();
    const [, firefox] = (await readInstalled(computer.home))?.manifests ?? [];
    await rm(computer.manifest);
    await mkdir(computer.manifest);
    await rm(firefox?.path ?? "");
    expect(await computer.mend()).toEqual([firefox?.path]);
    expect(computer.lines.map(({ event }) => event)).toEqual(["mend", "mended"]);
  });
});

test("a mending and an uninstall at once leave nothing behind, whichever is faster", async () => {
  for (let round = 0; round < 10; round++) {
    const computer = await openComputer();
    await rm(computer.manifest);
    await Promise.all([computer.mend(), uninstall(computer.home)]);
    expect(await readdir(join(computer.person.config, "chromium"), { recursive: true })).not.toContain(
      "NativeMessagingHosts/org.certbridge.host.json",
    );
  }
});
