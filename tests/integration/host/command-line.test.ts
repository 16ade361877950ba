import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { verifyRequest } from "@certbridge/pki";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { PIN, issuePair, openAuthority, registryOf, temporaryFolder } from "../../support/host.ts";
import { serveHost } from "../../support/served.ts";

/** The program as it is built, run as a person runs it, in a folder whose name has spaces, a quote and Chinese. */
const root = resolve(import.meta.dirname, "../../..");
const program = join(root, "build/host/certbridge-host");
const folder = temporaryFolder();
const home = join(folder.path, "数据 home");
const profile = join(folder.path, "profile 1");
const at = (name: string): string => join(folder.path, name);
/** util-linux's, in every Debian. */
const pseudoTerminal = "script";
const PASSPHRASE = "Export-2468";

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With `HOME` in the test's folder, so that nothing of the tester's own is seen or touched. */
function host(args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}): Ran {
  const { status, stdout, stderr } = spawnSync(program, ["--home", home, ...args], {
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: at("person"), ...env },
  });
  return { status, stdout, stderr };
}

const doctor = () => JSON.parse(host(["doctor", "--json"]).stdout) as { ok: boolean; findings: { about: string }[] };

beforeAll(async () => {
  if (!existsSync(program)) execFileSync(process.execPath, [join(root, "tools/build-host.mjs")]);
  await mkdir(at("person"));
  await writeFile(at("registry.json"), JSON.stringify(registryOf(authority)));
});
afterAll(folder.remove);

const authority = openAuthority();
const manifest = join(profile, "NativeMessagingHosts", `${HOST_NAME}.json`);

describe("install, doctor, uninstall", () => {
  test("before installing, doctor says so and its status tells; it makes nothing", () => {
    const looked = host(["doctor"]);
    expect(looked.status).toBe(1);
    expect(looked.stdout).toContain("尚未安装");
    expect(looked.stdout).toContain("not installed");
    expect(existsSync(home)).toBe(false);
  });

  test("install writes for a profile, and doctor is content", async () => {
    const installed = host(["install", "--browser-profile", profile, "--registry", at("registry.json")]);
    expect(installed).toMatchObject({ status: 0, stderr: "" });
    expect(doctor()).toMatchObject({ ok: true });
    expect(JSON.parse(await readFile(manifest, "utf8"))).toMatchObject({ path: join(home, "certbridge-host") });
  });

  test("a home that is named with an equals sign is the one that is worked on, and one without a name is none", () => {
    const other = host([`--home=${at("other home")}`, "doctor", "--json"]);
    expect(JSON.parse(other.stdout)).toMatchObject({ ok: false, fingerprint: null });
    for (const args of [
      ["--home=", "keys", "list"],
      ["--home", "", "keys", "list"],
    ]) {
      const refused = host(args);
      expect(refused).toMatchObject({ status: 2, stdout: "" });
      expect(refused.stderr).toContain("--home needs a folder");
    }
  });

  test.each(["", "relative"])("%j in XDG's variables is as if they were not there", (said) => {
    const env = { PATH: process.env["PATH"], HOME: at("person"), XDG_DATA_HOME: said, XDG_CONFIG_HOME: said };
    const { stdout } = spawnSync(program, ["doctor", "--json"], { cwd: folder.path, encoding: "utf8", env });
    const { findings } = JSON.parse(stdout) as { findings: { about: string; path: string | null }[] };
    expect(findings.find(({ about }) => about === "home")?.path).toBe(at("person/.local/share/certbridge"));
    const profiles = at("person/.config/vivaldi/Default");
    mkdirSync(profiles, { recursive: true });
    const looked = spawnSync(program, ["doctor"], { cwd: folder.path, encoding: "utf8", env });
    rmSync(at("person/.config"), { recursive: true });
    expect(looked.stdout).toContain("manifest:vivaldi");
  });

  test("a browser that cannot be told is named, the others are told, and the status is that it failed", () => {
    const elsewhere = at("half a home");
    mkdirSync(at("person/.config/google-chrome/NativeMessagingHosts/org.certbridge.host.json"), { recursive: true });
    const ran = host([`--home=${elsewhere}`, "install", "--browser", "chrome", "edge"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/^edge: /);
    expect(ran.stderr).toMatch(/未能登记[^]*chrome  [^\n]*org\.certbridge\.host\.json  EISDIR\nNot made known/);
    const { stdout } = host([`--home=${elsewhere}`, "pairings", "list", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ open: [{ label: "edge" }] });
    const edge = /edge: (.*)/.exec(ran.stdout)?.[1] ?? "";
    rmSync(edge);
    mkdirSync(edge);
    const removed = host([`--home=${elsewhere}`, "uninstall"]);
    expect(removed.status).toBe(1);
    expect(removed.stdout).toContain(`未删除 / left: ${edge}  （无法删除`);
    expect(JSON.parse(host([`--home=${elsewhere}`, "pairings", "list", "--json"]).stdout)).toMatchObject({ open: [] });
    rmSync(at("person/.config"), { recursive: true });
    expect(host([`--home=${elsewhere}`, "uninstall"]).status).toBe(0);
  });

  test("what the manifest names starts and serves, whatever Node's variables say", async () => {
    const { path } = JSON.parse(readFileSync(manifest, "utf8")) as { path: string };
    process.env["NODE_OPTIONS"] = "--no-such-option";
    process.env["NODE_DEBUG"] = "fs";
    try {
      const served = serveHost(home, [path]);
      expect(await served.ask("status", { extension: "0.1.0" })).toMatchObject({ protocol: HOST_PROTOCOL });
      expect(await served.end()).toBe(0);
      expect(served.output().stderr).toBe("");
    } finally {
      delete process.env["NODE_OPTIONS"];
      delete process.env["NODE_DEBUG"];
    }
  });

  test("a person's commands do not heed Node's variables either", () => {
    expect(host(["--version"], "", { NODE_OPTIONS: "--no-such-option" })).toMatchObject({ status: 0, stderr: "" });
  });

  test("all browsers of a person, and away again", () => {
    const other = at("other home");
    const run = (...args: readonly string[]) => host(["--home", other, ...args]);
    expect(run("install").status).toBe(0);
    expect(existsSync(join(at("person"), ".config/chromium/NativeMessagingHosts", `${HOST_NAME}.json`))).toBe(true);
    expect(existsSync(join(at("person"), ".mozilla/native-messaging-hosts", `${HOST_NAME}.json`))).toBe(true);
    expect(run("uninstall").status).toBe(0);
    expect(readdirSync(at("person"))).toEqual([]);
  });

  test("a registry that is none is refused in words", () => {
    const refused = host(["install", "--browser-profile", profile, "--registry", program]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("registry");
  });

  test.each([[["no-such-command"]], [["install", "--browser", "netscape"]], [["keys", "create"]]])(
    "%j is not understood: status 2, and how it is meant",
    (args) => {
      const ran = host(args);
      expect(ran.status).toBe(2);
      expect(ran.stderr).toContain("error:");
    },
  );
});

describe("keys", () => {
  let keyId = "";

  test("create, accept, list", async () => {
    const created = host(["keys", "create", "--name", "岭北建设", "--out", at("a.p10"), "--pin-stdin"], `${PIN}\n`);
    expect(created).toMatchObject({ status: 0, stderr: "" });
    const { publicKey } = verifyRequest(gm, new Uint8Array(await readFile(at("a.p10"))));
    const issued = issuePair(authority, publicKey, { name: "岭北建设" });
    await writeFile(at("sign.cer"), issued.signing);
    await writeFile(at("enc.cer"), issued.encryption);
    await writeFile(at("enc.key"), Buffer.from(issued.envelopedKey).toString("base64"));
    await writeFile(at("ca.cer"), authority.certificate.der);
    const files = ["--signing", at("sign.cer"), "--encryption", at("enc.cer"), "--enveloped-key", at("enc.key")];
    const accepted = host(["keys", "accept", ...files, "--chain", at("ca.cer"), "--pin-stdin"], `${PIN}\n`);
    expect(accepted).toMatchObject({ status: 0, stderr: "" });
    const listed = JSON.parse(host(["keys", "list", "--json"]).stdout) as { keys: { keyId: string }[] };
    expect(listed).toMatchObject({ keys: [{ holder: { name: "岭北建设" }, authority: "测试数科CA" }], pending: [] });
    keyId = listed.keys[0]?.keyId ?? "";
    expect(host(["keys", "list"]).stdout).toContain("岭北建设");
  });

  test("no PIN, a short PIN, a wrong PIN: each in words, with a status", () => {
    const create = ["keys", "create", "--name", "x", "--out", at("x.p10")];
    expect(host(create)).toMatchObject({ status: 1, stderr: expect.stringContaining("--pin-stdin") as string });
    expect(host([...create, "--pin-stdin"], "12345\n")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("6至64") as string,
    });
    const renew = host(["keys", "renew", "--out", at("y.p10"), "--pin-stdin"], "wrong-pin\n");
    expect(renew).toMatchObject({ status: 1, stderr: expect.stringContaining("还剩2次") as string });
    expect(existsSync(at("x.p10"))).toBe(false);
    expect(existsSync(at("y.p10"))).toBe(false);
  });

  test.each(["p12", "p12-gm"])("export as %s, remove, import: the same key", async (format) => {
    const file = at(`copy.${format}`);
    const out = ["keys", "export", "--format", format, "--out", file, "--pin-stdin"];
    expect(host(out, `${PIN}\n${PASSPHRASE}\n`)).toMatchObject({ status: 0, stderr: "" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(host(out, `${PIN}\n${PASSPHRASE}\n`).stderr).toContain("已存在");
    expect(host(["keys", "remove", "--key", keyId]).status).toBe(1);
    expect(host(["keys", "remove", "--key", keyId, "--yes"]).status).toBe(0);
    const wrong = host(["keys", "import", file, "--pin-stdin"], `${PIN}\nwrong-password\n`);
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining("密码不对") as string });
    expect(host(["keys", "import", file, "--pin-stdin"], `${PIN}\n${PASSPHRASE}\n`)).toMatchObject({ status: 0 });
    const listed = JSON.parse(host(["keys", "list", "--json"]).stdout) as { keys: { keyId: string }[] };
    expect(listed).toMatchObject({ keys: [{ keyId, authority: "测试数科CA" }] });
  });

  test("export as PKCS#8 in the national form, import with the certificate beside it", () => {
    const out = ["keys", "export", "--format", "p8-gm", "--out", at("copy.p8"), "--pin-stdin"];
    expect(host(out, `${PIN}\n${PASSPHRASE}\n`)).toMatchObject({ status: 0, stderr: "" });
    expect(host(["keys", "remove", "--key", keyId, "--yes"]).status).toBe(0);
    const brought = ["keys", "import", at("copy.p8"), "--certificate", at("sign.cer"), at("ca.cer"), "--pin-stdin"];
    expect(host(brought, `${PIN}\n${PASSPHRASE}\n`)).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(host(["keys", "list", "--json"]).stdout)).toMatchObject({ keys: [{ keyId }] });
  });

  test("a terminal is asked without an echo, and its letters come out nowhere", () => {
    const out = at("typed.p10");
    const words = [program, "--home", home, "keys", "create", "--name", "打字", "--out", out];
    const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    const typed = spawnSync(pseudoTerminal, ["-qec", line, "/dev/null"], {
      input: `${PIN}\r${PIN}\r`,
      encoding: "utf8",
    });
    expect(typed.stdout).toContain("新PIN码");
    expect(typed.stdout.slice(typed.stdout.indexOf("新PIN码"))).not.toContain(PIN);
    expect(typed.status).toBe(0);
    expect(existsSync(out)).toBe(true);
  });
});

test("uninstall leaves keys and the identity, and nothing else of it", () => {
  expect(host(["uninstall"]).status).toBe(0);
  expect(existsSync(manifest)).toBe(false);
  expect(readdirSync(home).sort()).toEqual([
    "bids",
    "consents",
    "credentials",
    "identity.json",
    "keys",
    "keys.lock",
    "ledger",
    "notices",
    "pairings.json.lock",
    "revocation-lists",
  ]);
  expect(readdirSync(join(home, "keys")).length).toBeGreaterThan(0);
});
