/** `certbridge-host keys open`: what other programs enveloped, by a key in a file; and what is refused. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePrivateKeyInfo } from "@certbridge/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import { giveName } from "../../../apps/host/src/disk.ts";
import { homeAt, prepareHome } from "../../../apps/host/src/home.ts";
import { importKeys } from "../../../apps/host/src/stores/software/identities.ts";
import { openSoftwareStore, type SoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import { gm, party } from "../../support/authority.ts";
import { bidder, filler, makePackage } from "../../support/bid.ts";
import { PIN, temporaryFolder } from "../../support/host.ts";
import { makeLegacy, stranger } from "../../support/legacy.ts";
import { makeForeign } from "../../support/legacy-foreign.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);
/** The bidder signs with one certificate and is encrypted for by another, as everywhere. */
const opener = party("投标人", null, { keyUsage: ["keyEncipherment", "dataEncipherment"] });
const content = filler(100_003);
const small = [{ name: "a.txt", bytes: filler(10) }];

let store: SoftwareStore;
beforeAll(async () => {
  const home = homeAt(at("home"));
  await prepareHome(home);
  const clock = () => bidder.certificate.notBefore.getTime() + 1;
  store = openSoftwareStore({ gm, folder: home.keys, clock, random: (len) => new Uint8Array(randomBytes(len)) });
  await importKeys(
    { gm, clock, store },
    {
      keys: [bidder, opener].map(({ privateKey, publicKey }) => encodePrivateKeyInfo(privateKey, publicKey)),
      certificates: [bidder.certificate.der, opener.certificate.der],
    },
    { name: "投标人", pin: PIN },
  );
});

async function run(name: string, out: string, pin = PIN) {
  const said: string[] = [];
  const cli = {
    version: "0.1.0",
    home: homeAt(at("home")),
    openHost: () => Promise.resolve({ host: { gm, clock: Date.now }, store }),
    secrets: () => ({ pin: () => Promise.resolve(pin) }),
    say: (line: string) => void said.push(line),
  };
  const args = ["keys", "open", at(name), "--out", at(out)];
  const status = await runCommand(cli as unknown as Cli, args, (line) => void said.push(line));
  return { status, said: said.join("\n") };
}

const leftovers = () => readdirSync(folder.path).filter((name) => name.endsWith(".part"));

test.each([
  ["of GM/T 0010", {}],
  [
    "of PKCS#7, in chunks, for a key identifier",
    { family: "pkcs7", lengths: "indefinite", cipherChunk: 1000, byKeyId: true },
  ],
] as const)("opens what another program made %s", async (name, form) => {
  writeFileSync(at(`${name.length}.p7`), makeForeign(content, { recipient: opener, ...form }));
  const out = `${name.length}.bin`;
  const { status, said } = await run(`${name.length}.p7`, out);
  expect([status, said]).toEqual([0, expect.stringContaining("100003")]);
  expect(said).toContain("未核验");
  expect(Buffer.compare(readFileSync(at(out)), content)).toBe(0);
  expect(leftovers()).toEqual([]);
});

test("over no other file, with no other PIN, for nobody else, and nothing that is changed or ours", async () => {
  const foreign = makeForeign(content, { recipient: opener });
  writeFileSync(at("foreign.p7"), foreign);
  writeFileSync(at("there.bin"), "mine");
  expect(await run("foreign.p7", "there.bin")).toMatchObject({
    status: 1,
    said: expect.stringContaining("文件已存在"),
  });
  expect(readFileSync(at("there.bin"), "utf8")).toBe("mine");
  expect((await run("foreign.p7", "none.bin", "000000")).said).toContain("PIN");

  const changed = foreign.slice();
  changed[50_000] = (changed[50_000] ?? 0) ^ 1;
  const unpadded = makeForeign(content, { recipient: opener, lastBlock: (whole) => whole.slice(0, whole.length - 16) });
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["changed", changed, "不是已签名的旧格式加密文件"],
    ["cut", foreign.subarray(0, 90_000), "不是已签名的旧格式加密文件"],
    ["bid", await makePackage(small), "我的标书"],
    ["own", await makeLegacy(small), "这是互认通加密的投标文件"],
    ["others", makeForeign(content, { recipient: stranger }), "本机没有能打开它的软件证书"],
    ["unpadded", unpadded, ""],
  ];
  for (const [name, bytes, words] of cases) {
    writeFileSync(at(`${name}.p7`), bytes);
    const { status, said } = await run(`${name}.p7`, "none.bin");
    expect([name, status]).toEqual([name, 1]);
    expect(said, name).toContain(words);
  }
  expect((await run("no such file", "none.bin")).said).toContain("找不到文件");
  expect(existsSync(at("none.bin"))).toBe(false);
  expect(leftovers()).toEqual([]);
});

test("what an earlier try left is named, and not taken for the file that was asked for", async () => {
  writeFileSync(at("left.p7"), makeForeign(content, { recipient: opener }));
  writeFileSync(at("left.bin.part"), "an earlier try");
  const { status, said } = await run("left.p7", "left.bin");
  expect([status, said]).toEqual([1, expect.stringContaining(`未完成的文件：${at("left.bin.part")}`)]);
  expect(said).not.toContain("文件已存在");
  expect(readFileSync(at("left.bin.part"), "utf8")).toBe("an earlier try");
  rmSync(at("left.bin.part"));
  expect((await run("left.p7", "left.bin")).status).toBe(0);
});

test("a stick without links gets a copy: its owner's, over no other file, and whole or not at all", async () => {
  const linkless = () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }));
  writeFileSync(at("whole"), content);
  await giveName(at("whole"), at("copy"), linkless);
  expect(Buffer.compare(readFileSync(at("copy")), content)).toBe(0);
  expect(statSync(at("copy")).mode & 0o777).toBe(0o600);
  writeFileSync(at("copy"), "mine");
  for (const name of [linkless, undefined]) {
    await expect(giveName(at("whole"), at("copy"), name)).rejects.toMatchObject({ code: "EEXIST" });
  }
  expect(readFileSync(at("copy"), "utf8")).toBe("mine");
  // A folder can be opened as one to read from, and gives nothing.
  mkdirSync(at("unreadable"));
  await expect(giveName(at("unreadable"), at("none"), linkless)).rejects.toMatchObject({ code: "EISDIR" });
  expect(existsSync(at("none"))).toBe(false);
});
