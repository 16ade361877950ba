import { chmod, chown, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Home } from "../../../apps/host/src/home.ts";
import { openComputer } from "../../support/computer.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

describe("doctor", () => {
  type Computer = Awaited<ReturnType<typeof openComputer>>;
  const manifestOf = ({ places }: Computer): string => places[0]?.manifest ?? "";

  async function rewrite(path: string, change: (manifest: Record<string, unknown>) => object): Promise<void> {
    const manifest: Record<string, unknown> = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify(change(manifest)));
  }

  test.each<[string, string, (computer: Computer) => Promise<void>]>([
    ["a manifest that is gone", "manifest:chromium", async (c) => rewrite(manifestOf(c), () => ({}))],
    ["broken JSON", "manifest:chromium", async (c) => writeFile(manifestOf(c), "{")],
    ["another program", "manifest:chromium", async (c) => rewrite(manifestOf(c), (m) => ({ ...m, path: "/bin/true" }))],
    ["a missing program", "manifest:chromium", async (c) => rewrite(manifestOf(c), (m) => ({ ...m, path: "/no" }))],
    [
      "an extension too many",
      "manifest:chromium",
      async (c) => rewrite(manifestOf(c), (m) => ({ ...m, allowed_origins: ["chrome-extension://a/", "*"] })),
    ],
    ["a launcher that cannot be started", "launcher", async (c) => chmod(c.home.launcher, 0o600)],
    ["a launcher that was altered", "launcher", async (c) => writeFile(c.home.launcher, "#!/bin/sh\n")],
    ["the program's file moved away", "program", async (c) => rm(c.script)],
    ["a home that others can read", "home", async (c) => chmod(c.home.folder, 0o755)],
    ["a broken registry", "registry", async (c) => writeFile(c.home.registry, "{}")],
    ["a damaged key file", "keys", async (c) => writeFile(join(c.home.keys, `${"a".repeat(32)}.json`), "{}")],
    [
      "a manifest of the machine that points elsewhere",
      "shadow:chromium",
      async (c) => {
        const shadow = c.places[0]?.machine[0] ?? "";
        await mkdir(dirname(shadow), { recursive: true });
        await writeFile(shadow, JSON.stringify({ name: "org.certbridge.host", path: "/opt/x", type: "stdio" }));
      },
    ],
  ])("finds %s", async (_what, about, harm) => {
    const computer = await openComputer(folder);
    await computer.install();
    await harm(computer);
    expect(await computer.bad()).toContain(about);
  });

  test.each<[keyof Home, readonly string[]]>([
    ["installed", ["launcher"]],
    ["registry", ["registry"]],
    ["pairings", ["pairings"]],
    ["identity", ["pairings"]],
  ])("takes every other look where %s cannot be read", async (name, bad) => {
    const computer = await openComputer(folder);
    await computer.install();
    const whole = (await computer.findings()).length;
    await rm(computer.home[name], { force: true });
    await mkdir(computer.home[name]);
    expect(await computer.bad()).toEqual(bad);
    expect((await computer.findings()).length).toBeGreaterThan(whole - 3);
    const found = (await computer.findings()).find(({ verdict }) => verdict === "bad");
    expect(found).toMatchObject({ path: computer.home[name === "identity" ? "pairings" : name] });
    expect(found?.zh).toContain("EISDIR");
  });

  test.each<[string, string, (home: Home) => Promise<void>]>([
    ["is a file", "移走", async ({ folder: at }) => rm(at, { recursive: true }).then(() => writeFile(at, ""))],
    ["is closed to its owner", "chmod 700 '", async ({ folder: at }) => chmod(at, 0o300)],
    ["cannot be reached", "ELOOP", async ({ folder: at }) => rm(at, { recursive: true }).then(() => symlink(at, at))],
  ])("names the home alone where it %s", async (_what, word, harm) => {
    const computer = await openComputer(folder);
    await computer.install();
    await harm(computer.home);
    const findings = await computer.findings();
    expect(findings.map(({ about, verdict }) => [about, verdict])).toEqual([["home", "bad"]]);
    expect(findings[0]?.zh).toContain(word);
  });

  test.runIf(process.getuid?.() === 0)("says by which command a home of another user's becomes one's own", async () => {
    const computer = await openComputer(folder);
    await computer.install();
    await chown(computer.home.folder, 12345, 12345);
    const findings = await computer.findings();
    expect(findings).toHaveLength(1);
    const path = `'${computer.home.folder.replaceAll("'", String.raw`'\''`)}'`;
    for (const words of [findings[0]?.zh, findings[0]?.en]) expect(words).toContain(`sudo chown -R 0:0 ${path}`);
  });

  test("says that nothing is installed", async () => {
    expect(await (await openComputer(folder)).bad()).toContain("launcher");
  });
});
