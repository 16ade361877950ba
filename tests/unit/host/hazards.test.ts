import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { homeAt } from "../../../apps/host/src/home.ts";
import { openIdentity, readIdentity } from "../../../apps/host/src/identity.ts";
import { examine } from "../../../apps/host/src/install/doctor.ts";
import { readHazards } from "../../../apps/host/src/install/hazards.ts";
import { install } from "../../../apps/host/src/install/install.ts";
import { lookAtPermissions } from "../../../apps/host/src/install/look-at-program.ts";
import { readInstalled, type Installed } from "../../../apps/host/src/install/receipt.ts";
import { encodeManifest } from "../../../apps/host/src/install/manifest.ts";
import { placeOf } from "../../../apps/host/src/install/places.ts";
import { clientOf, openPairings } from "../../../apps/host/src/pairings.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { gm } from "../../support/authority.ts";
import { noUsbKeys } from "../../support/no-usb-keys.ts";
import { openClient } from "../../support/client.ts";
import { temporaryFolder } from "../../support/host.ts";

/** What lets another program take this one's place: doctor says where, and the extension that it is so. */
const folder = temporaryFolder();
afterAll(folder.remove);

let count = 0;

const USUAL = ["chromium", "chrome", "edge", "firefox"] as const;

async function openComputer(at: readonly (typeof USUAL)[number][] = USUAL) {
  const root = join(folder.path, `computer-${++count}`);
  const person = { home: join(root, "home"), config: join(root, "home", ".config"), root };
  const home = homeAt(join(person.home, ".local", "share", "certbridge"));
  const script = join(root, "opt", "certbridge-host.mjs");
  await mkdir(dirname(script), { recursive: true });
  await writeFile(script, "");
  const beside = ["gm.simd.wasm", "gm.relaxed.wasm", "part-AAAA.mjs", "token-worker.mjs"];
  for (const name of beside) await writeFile(join(root, "opt", name), "");
  const machineCode = join(root, "opt", "node_modules", "@koromix", "koffi-x", "koffi.node");
  const loader = join(root, "opt", "node_modules", "koffi", "src", "index.cjs");
  for (const path of [machineCode, loader]) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
  }
  const places = USUAL.map((name) => placeOf(name, person));
  const pairings = openPairings(home.pairings, Date.now);
  const store = openSoftwareStore({ gm, random: randomBytes, folder: home.keys, clock: Date.now });
  const program = { node: process.execPath, script };
  const chosen = at.map((name) => placeOf(name, person));
  await install({ home, program, version: "0.1.0", places: chosen, registry: null });
  await openIdentity({ gm, clock: Date.now }, home.identity);
  const [chromium] = places;
  return {
    home,
    person,
    script,
    pairings,
    own: chromium?.manifest ?? "",
    machine: chromium?.machine[0] ?? "",
    hazards: () => readHazards(home, person),
    async bad() {
      const identity = await readIdentity(gm, home.identity).catch((error: unknown) => error as never);
      const trust = { identity, held: await pairings.list() };
      const findings = await examine({ home, usbKeys: noUsbKeys, store, readTrust: async () => trust, places, person });
      return findings.filter(({ verdict }) => verdict === "bad").map(({ about, path }) => [about, path]);
    },
    async notes() {
      const trust = { identity: await readIdentity(gm, home.identity), held: await pairings.list() };
      return (await examine({ home, usbKeys: noUsbKeys, store, readTrust: async () => trust, places, person })).map(
        ({ about }) => about,
      );
    },
  };
}

type Computer = Awaited<ReturnType<typeof openComputer>>;

async function put(path: string, manifest: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(manifest));
}

const ours = ({ home }: Computer) => JSON.parse(encodeManifest("chromium", home.launcher)) as Record<string, unknown>;

test("a computer as install leaves it has none", async () => {
  const computer = await openComputer();
  expect(await computer.hazards()).toEqual([]);
  expect(await computer.bad()).toEqual([]);
});

describe("a manifest that the browser reads first", () => {
  test("and that names another program", async () => {
    const computer = await openComputer();
    await put(computer.own, { ...ours(computer), path: "/bin/true" });
    expect(await computer.bad()).toContainEqual(["shadow:chromium", computer.own]);
    expect(await computer.hazards()).toEqual(["shadow"]);
  });

  test("and that lets another extension in beside ours", async () => {
    const computer = await openComputer();
    const others = ["chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"];
    await put(computer.own, {
      ...ours(computer),
      allowed_origins: [...(ours(computer)["allowed_origins"] as []), ...others],
    });
    expect(await computer.bad()).toContainEqual(["shadow:chromium", computer.own]);
    expect((await computer.hazards()).toSorted()).toEqual(["manifest", "shadow"]);
  });

  test("in the person's folder, before the one that an administrator wrote for us", async () => {
    const computer = await openComputer(["firefox"]);
    await put(computer.machine, ours(computer));
    expect(await computer.hazards()).toEqual([]);
    await put(computer.own, { ...ours(computer), path: "/opt/other/host" });
    expect(await computer.bad()).toContainEqual(["shadow:chromium", computer.own]);
    expect(await computer.hazards()).toEqual(["shadow"]);
  });

  test("for a browser that we are not installed for is another installation's matter", async () => {
    const computer = await openComputer(["firefox"]);
    await put(computer.own, { ...ours(computer), path: "/opt/other/host" });
    expect(await computer.hazards()).toEqual([]);
  });

  test("of the machine, where the person's own was taken away", async () => {
    const computer = await openComputer();
    await put(computer.machine, { ...ours(computer), path: "/opt/other/host" });
    expect(await computer.hazards()).toEqual([]);
    await rm(computer.own);
    expect(await computer.bad()).toContainEqual(["shadow:chromium", computer.machine]);
    expect(await computer.hazards()).toEqual(["shadow"]);
  });
});

describe("what others may write", () => {
  test.each<[string, (computer: Computer) => string, number]>([
    ["the launcher", ({ home }) => home.launcher, 0o722],
    ["the bundle", ({ script }) => script, 0o666],
    ["the core beside it", ({ script }) => join(dirname(script), "gm.simd.wasm"), 0o602],
    ["its other build", ({ script }) => join(dirname(script), "gm.relaxed.wasm"), 0o602],
    ["a part of the program", ({ script }) => join(dirname(script), "part-AAAA.mjs"), 0o622],
    ["the worker of USB keys", ({ script }) => join(dirname(script), "token-worker.mjs"), 0o602],
    ["what the worker loads", ({ script }) => join(dirname(script), "node_modules/koffi/src/index.cjs"), 0o666],
    ["its machine code", ({ script }) => join(dirname(script), "node_modules/@koromix/koffi-x/koffi.node"), 0o602],
    ["a folder of it", ({ script }) => join(dirname(script), "node_modules/@koromix/koffi-x"), 0o707],
    ["the folder that it lies in", ({ script }) => dirname(script), 0o777],
    ["the home", ({ home }) => home.folder, 0o707],
    ["a folder above the home", ({ home }) => dirname(home.folder), 0o757],
    ["the identity", ({ home }) => home.identity, 0o602],
  ])("%s", async (_what, pathOf, mode) => {
    const computer = await openComputer();
    await chmod(pathOf(computer), mode);
    expect(await computer.bad()).toContainEqual(["permissions", pathOf(computer)]);
    expect(await computer.hazards()).toEqual(["permissions"]);
  });

  test("the folder in which a link on the way lies, by a command that the shell reads as it is", async () => {
    const computer = await openComputer();
    const links = join(computer.person.root, "it's");
    await mkdir(links);
    await rename(computer.script, join(computer.person.root, "real.mjs"));
    await symlink(join(computer.person.root, "real.mjs"), join(links, "link.mjs"));
    await symlink(join(links, "link.mjs"), computer.script);
    expect(await computer.hazards()).toEqual([]);
    await chmod(links, 0o777);
    expect(await computer.bad()).toEqual([["permissions", links]]);
    const { script, home } = computer;
    const installed = await readInstalled(home);
    const looked = lookAtPermissions(home, { ...installed, script } as Installed);
    expect(looked).toHaveLength(1);
    const command = /chmod .*(?=。)/.exec(looked[0]?.zh ?? "")?.[0] ?? "";
    expect(spawnSync("sh", ["-c", command])).toMatchObject({ status: 0 });
    expect(await computer.hazards()).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)("what another user owns, for which chmod is of no use", async () => {
    const computer = await openComputer();
    await chown(computer.script, 54_321, 0);
    expect(await computer.bad()).toEqual([["permissions", computer.script]]);
    const [found] = lookAtPermissions(computer.home, (await readInstalled(computer.home)) as Installed);
    for (const words of [found?.zh, found?.en]) {
      expect(words).toContain(`sudo chown root '`);
      expect(words).not.toContain("chmod");
    }
  });

  test("a folder where only owners can replace, as /tmp is, is none", async () => {
    const computer = await openComputer();
    await chmod(dirname(computer.script), 0o1777);
    expect(await computer.hazards()).toEqual([]);
  });
});

describe("identity and pairings", () => {
  const pair = async ({ pairings, home }: Computer) => {
    const client = await openClient();
    const identity = await readIdentity(gm, home.identity);
    await pairings.open([{ kind: "chromium", label: "chromium" }]);
    await pairings.admit(clientOf(gm, "chromium", client.publicKey), identity?.fingerprint ?? "");
  };

  test("who is paired, and for whom a place is open", async () => {
    const computer = await openComputer();
    await pair(computer);
    await computer.pairings.open([{ kind: "firefox", label: "firefox" }]);
    const [pairing] = (await computer.pairings.list()).paired;
    const notes = await computer.notes();
    for (const about of ["identity", `pairing:${pairing?.id ?? ""}`, "place:firefox"]) expect(notes).toContain(about);
    expect(await computer.bad()).toEqual([]);
  });

  test("an identity that changed since browsers were paired", async () => {
    const computer = await openComputer();
    await pair(computer);
    await writeFile(computer.home.identity, "{}");
    await openIdentity({ gm, clock: Date.now }, computer.home.identity, "replace");
    expect(await computer.bad()).toEqual([["identity", computer.home.identity]]);
  });

  test.each(["identity", "pairings"] as const)("a damaged file: %s", async (about) => {
    const computer = await openComputer();
    await pair(computer);
    const whole = await readFile(computer.home[about], "utf8");
    await writeFile(computer.home[about], whole.slice(0, -9));
    expect(await computer.bad()).toContainEqual([about, computer.home[about]]);
  });
});

describe("a sandbox around the browser", () => {
  test("of Flatpak, by the file that it puts into the root", async () => {
    const computer = await openComputer();
    const path = join(computer.person.root, ".flatpak-info");
    await writeFile(path, "[Application]\nname=org.chromium.Chromium\n");
    expect(await computer.hazards()).toEqual(["sandbox"]);
    expect(await computer.bad()).toEqual([["sandbox", path]]);
  });

  test.each([
    ["snap.chromium.chromium (enforce)\n", ["sandbox"]],
    ["unconfined\n", []],
    ["snapd (enforce)\n", []],
  ])("of Snap, by the label %j", async (label, hazards) => {
    const computer = await openComputer();
    const path = join(computer.person.root, "proc", "self", "attr", "current");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, label);
    expect(await computer.hazards()).toEqual(hazards);
  });

  test("is said also where the program was never installed in it", async () => {
    const computer = await openComputer();
    await rm(computer.home.folder, { recursive: true });
    await writeFile(join(computer.person.root, ".flatpak-info"), "");
    expect(await computer.hazards()).toEqual(["sandbox"]);
  });

  test("from outside, each browser that has one is noted", async () => {
    const computer = await openComputer();
    await mkdir(join(computer.person.home, "snap", "firefox"), { recursive: true });
    await mkdir(join(computer.person.home, ".var", "app", "org.chromium.Chromium"), { recursive: true });
    expect((await computer.notes()).filter((about) => about === "sandboxed-browser")).toHaveLength(2);
    expect(await computer.bad()).toEqual([]);
    expect(await computer.hazards()).toEqual([]);
  });
});

describe("a Node for another computer", () => {
  test("is told as that", async () => {
    const computer = await openComputer();
    const node = join(dirname(computer.script), "node");
    // The first bytes of an ELF file of 64 bits for a processor that nobody has here.
    const header = Buffer.alloc(64);
    header.write("\x7fELF\x02\x01\x01", "latin1");
    header.writeUInt16LE(8, 18);
    await writeFile(node, header, { mode: 0o755 });
    const program = { node, script: computer.script };
    const places = [placeOf("chromium", computer.person)];
    await install({ home: computer.home, program, version: "0.1.0", places, registry: null });
    expect(await computer.bad()).toContainEqual(["node", node]);
  });
});

test("a place that cannot be read hides no other finding", async () => {
  const computer = await openComputer();
  const edge = placeOf("edge", computer.person).manifest;
  await rm(edge);
  await mkdir(edge);
  await put(computer.own, { ...ours(computer), path: process.execPath });
  expect(await computer.hazards()).toContain("shadow");
  const bad = (await computer.bad()).map(([, path]) => path);
  expect(bad).toEqual(expect.arrayContaining([edge, computer.own]));
});
