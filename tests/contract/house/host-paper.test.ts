import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { afterAll, describe, expect, test } from "vitest";

/** docs/host.md, held against the program as it is built, in a home of the test's own. */
const root = resolve(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/host.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "certbridge-paper-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function host(...args: readonly string[]) {
  const { status, stdout } = spawnSync(join(root, "build/host/certbridge-host"), args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: folder },
  });
  return { status, stdout };
}

/** Of a command's help, the names that stand first on their lines in this part. */
function namesIn(help: string, part: "Commands" | "Options"): readonly string[] {
  const [, lines = ""] = help.split(`${part}:\n`);
  const name = part === "Commands" ? /^ {2}([a-z]+(?:-[a-z]+)*)/gm : /^ {2}(?:-\w, )?(--[a-z-]+)/gm;
  return Array.from((lines.split("\n\n")[0] ?? "").matchAll(name), ([, found = ""]) => found);
}

const commands = namesIn(host("--help").stdout, "Commands").filter((name) => name !== "help");
const ofKeys = namesIn(host("keys", "--help").stdout, "Commands").filter((name) => name !== "help");
const ofDevices = namesIn(host("devices", "--help").stdout, "Commands").filter((name) => name !== "help");

/** The whole shape of `doctor --json`, as the page tells it: no key more. */
const doctorAnswer = v.strictObject({
  version: v.string(),
  ok: v.boolean(),
  findings: v.array(
    v.strictObject({
      about: v.pipe(
        v.string(),
        v.regex(
          /^(manifest|shadow|pairing|place|policy|software):.+$|^(launcher|node|program|permissions|identity|pairings|home|registry|keys|sandbox|sandboxed-browser|drivers|driver|usb-key|remote-desktop)$/,
        ),
      ),
      verdict: v.picklist(["good", "note", "bad"]),
      path: v.nullable(v.string()),
      hazard: v.nullable(v.string()),
      cause: v.nullable(v.string()),
      zh: v.string(),
      en: v.string(),
    }),
  ),
  fingerprint: v.nullable(v.pipe(v.string(), v.regex(/^([0-9A-F]{4}-){4}[0-9A-F]{4}$/))),
  pairings: v.strictObject({ paired: v.array(v.unknown()), open: v.array(v.unknown()) }),
});

/** Runs `doctor --json`; what its verdicts say, its `ok` and its status say too. */
function doctor() {
  const { status, stdout } = host("doctor", "--json");
  expect(stdout.trimEnd()).not.toContain("\n");
  const said = v.parse(doctorAnswer, JSON.parse(stdout));
  expect(said.ok).toBe(said.findings.every(({ verdict }) => verdict !== "bad"));
  expect(status).toBe(said.ok ? 0 : 1);
  return said;
}

describe("docs/host.md", () => {
  test("the program has these commands", () => {
    expect(commands).toEqual([
      "install",
      "uninstall",
      "doctor",
      "keys",
      "devices",
      "bids",
      "ledger",
      "report",
      "pairings",
    ]);
    expect(ofKeys).toEqual(["list", "create", "accept", "renew", "import", "export", "open", "remove"]);
    expect(ofDevices).toEqual([
      "list",
      "add",
      "report",
      "remove",
      "keys",
      "change-pin",
      "import-key",
      "import-certificates",
    ]);
  });

  test.each(commands)("has a part on %s", (command) => {
    expect(page).toContain(`\n## ${command}\n`);
  });

  test.each([...ofKeys, ...ofDevices])("has a row on %s", (command) => {
    expect(page).toContain(`\n| \`${command}\` | `);
  });

  test.each(ofDevices)("has a row on devices %s", (command) => {
    const [, part = ""] = page.split("\n## devices\n");
    expect((part.split("\n## ")[0] ?? "").includes(`\n| \`${command}\` | `)).toBe(true);
  });

  test.each(["", ...commands, ...ofKeys.map((name) => `keys ${name}`), ...ofDevices.map((name) => `devices ${name}`)])(
    "names every option of certbridge-host %s",
    (command) => {
      const words = command.split(" ").filter((word) => word !== "");
      for (const option of namesIn(host(...words, "--help").stdout, "Options")) {
        expect(page, option).toMatch(new RegExp(`\`${option}[ \`]`));
      }
    },
  );

  test("doctor --json has the shape of its example, before and after install", () => {
    const [, example = ""] = /^```json\n(.*?)^```$/ms.exec(page) ?? [];
    v.parse(doctorAnswer, JSON.parse(example));

    expect(doctor().ok).toBe(false);
    const { status, stdout } = host("install", "--browser", "chromium");
    expect(status).toBe(0);
    const manifest = join(folder, ".config/chromium/NativeMessagingHosts/org.certbridge.host.json");
    expect(stdout).toContain(`chromium: ${manifest}`);
    expect(existsSync(manifest)).toBe(true);
    expect(doctor().ok).toBe(true);
    expect(host("uninstall").stdout).toContain(manifest);
    expect(doctor().ok).toBe(false);
  });

  test("the home folder has what the page lists", () => {
    host("install");
    const listed = Array.from(page.matchAll(/^\| `([\w.-]+)\/?`(?:, `([\w.-]+)`)? \| /gm)).flatMap((row) =>
      row.slice(1).filter((name) => name !== undefined),
    );
    for (const name of [
      "keys",
      "credentials",
      "bids",
      "notices",
      "ledger",
      "consents",
      "installed.json",
      "certbridge-host",
    ]) {
      expect(listed).toContain(name);
      expect(existsSync(join(folder, ".local/share/certbridge", name)), name).toBe(true);
    }
  });
});
