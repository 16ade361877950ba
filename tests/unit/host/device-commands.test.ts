/** `certbridge-host devices …` at a key that is plugged in: what it says, asks, and never does without being asked. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceProfile } from "@certbridge/trust";
import { beforeEach, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import type { Secrets } from "../../../apps/host/src/cli/terminal.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { gm, party } from "../../support/authority.ts";
import { envelopedDer } from "../../support/enveloped-key.ts";
import type { Contents, SoftToken } from "../../support/soft-token/token.ts";
import * as world from "./usb-key/world.ts";

const { CONTENTS, PIN, receiver, signer } = world;
const NEW_PIN = "135-791";

let folder = "";
beforeEach(() => {
  folder = world.place();
  mkdirSync(folder, { recursive: true });
});

/** Answers in the order in which they are asked for, and what was asked. */
function secretsOf(answers: readonly string[], asked: string[]): Secrets {
  const left = [...answers];
  const next = (question: string) => () => {
    asked.push(question);
    return Promise.resolve(left.shift() ?? "");
  };
  return {
    pin: next("pin"),
    newPin: next("new pin"),
    passphrase: next("passphrase"),
    newPassphrase: next("new passphrase"),
    confirmation: (question) => next(question)(),
  };
}

async function run(args: readonly string[], ...answers: readonly string[]) {
  const [said, complaints, asked] = [[] as string[], [] as string[], [] as string[]];
  const cli = {
    version: "0.1.0",
    home: homeAt(folder),
    openCore: () => Promise.resolve(gm),
    superviseLibrary: world.supervise,
    queueForDevices: () => world.queueOf(),
    secrets: () => secretsOf(answers, asked),
    say: (line: string) => void said.push(line),
  };
  const status = await runCommand(cli as unknown as Cli, ["devices", ...args], (line) => void complaints.push(line));
  return { status, said: said.join("\n"), complaints: complaints.join("\n"), asked };
}

async function add(token: SoftToken, ...options: readonly string[]): Promise<string> {
  const { status, said } = await run(["add", token.library, ...options], PIN);
  expect(status).toBe(0);
  return said;
}

const VERIFY = "VerifyPIN";
const called = (token: SoftToken, name: string) => token.calls().filter((call) => call.name.endsWith(name));

test("add with --self-test says that it signed and opened, and what is other than the standard has it", async () => {
  const fault = "ImportSessionKey:*:code:0A000003";
  const token = world.makeKey({ exports: "vendor", conf: { decrypt: "C", fault, wait: "missing" } });
  const said = await add(token, "--self-test");
  expect(said).toContain("ULONG 4, packed, sign digest, session key none, decrypt C, poll");
  expect(said).toContain("试解密成功");
  token.setConf({ decrypt: "none" });
  expect(await add(token, "--self-test")).toContain("不能解密");
});

test("keys lists each container with both certificates, in words and as JSON", async () => {
  const token = world.makeKey({ conf: { strings: "gbk" } });
  token.describe(world.DEVICE, { label: "江南CA锁" });
  await add(token);
  const { said } = await run(["keys"]);
  for (const words of ["江南CA锁", "投标应用/pair", "PIN 6/6", world.KEY_ID, "滨江建设有限公司", "加密"]) {
    expect(said).toContain(words);
  }
  const tailOf = (one: typeof signer) => one.certificate.serialNumber.slice(-4);
  expect(JSON.parse((await run(["keys", "--json"])).said)).toMatchObject([
    {
      keyId: world.KEY_ID,
      place: "投标应用/pair",
      label: "江南CA锁",
      signing: { serialTail: tailOf(signer) },
      encryption: { serialTail: tailOf(receiver) },
      pin: { triesLeft: 6, triesMax: 6 },
    },
  ]);
});

test("a library that was enrolled when profiles had two fields is used as the standard has it", async () => {
  await add(world.makeKey({ layout: "natural4" }));
  const { libraries: path } = homeAt(folder);
  const file = JSON.parse(readFileSync(path, "utf8")) as { libraries: { profile: DeviceProfile }[] };
  for (const library of file.libraries) {
    const { layout, signInput } = library.profile;
    library.profile = { layout, signInput } as DeviceProfile;
  }
  writeFileSync(path, JSON.stringify(file));
  expect((await run(["list"])).said).toContain("ULONG 4, natural, sign digest");
  expect((await run(["keys"])).said).toContain(world.KEY_ID);
});

test("without a library, and without a key, it says what to do", async () => {
  expect(await run(["keys"])).toMatchObject({
    status: 1,
    complaints: expect.stringContaining("devices add") as string,
  });
  const token = world.makeKey();
  await add(token);
  token.remove(world.DEVICE);
  expect((await run(["keys"])).said).toContain("没有插入CA锁");
  expect((await run(["change-pin", world.KEY_ID])).complaints).toContain("devices keys");
});

test("change-pin changes it; a wrong one is told with what is left, and asked for once", async () => {
  const token = world.makeKey();
  await add(token);
  const wrong = await run(["change-pin", world.KEY_ID], "wrong-1", NEW_PIN);
  expect(wrong).toMatchObject({ status: 1, asked: ["pin", "new pin"] });
  expect(wrong.complaints).toContain("还剩5次");
  expect(called(token, VERIFY)).toHaveLength(1);
  expect((await run(["change-pin", "投标应用/pair"], PIN, NEW_PIN)).said).toContain("PIN码已修改");
  const short = await run(["change-pin", "pair"], NEW_PIN, "12");
  expect(short.complaints).toContain("什么都没有改动");
  expect((await run(["change-pin", "pair"], NEW_PIN, PIN)).status).toBe(0);
});

test("before the last try it asks whether to use it", async () => {
  const token = world.makeKey({ conf: { tries: 2 } });
  await add(token);
  await run(["change-pin", "pair"], "wrong-1", NEW_PIN);
  token.forgetCalls();
  const declined = await run(["change-pin", "pair"], "no", PIN, NEW_PIN);
  expect(declined.asked[0]).toContain("只剩最后一次");
  expect(declined.complaints).toContain("没有试PIN码");
  expect(called(token, VERIFY)).toEqual([]);
  expect((await run(["change-pin", "pair"], "YES", PIN, NEW_PIN)).status).toBe(0);

  await run(["change-pin", "pair"], "wrong-1", PIN);
  const locking = await run(["change-pin", "pair"], "YES", "wrong-2", PIN);
  expect(locking.complaints).toContain("锁死");
  token.forgetCalls();
  const locked = await run(["change-pin", "pair"], "YES", NEW_PIN, PIN);
  expect(locked).toMatchObject({ status: 1, asked: [] });
  expect(locked.complaints).toContain("CA锁已锁死");
  expect(called(token, VERIFY)).toEqual([]);
});

test("import-key and import-certificates make a key whole; the profile keeps what was found on the way", async () => {
  const { encryption: _, ...others } = CONTENTS;
  const alone: Contents = { ...others, signing: { key: CONTENTS.signing.key } };
  const token = world.makeKey({ conf: { "enveloped-plain": 32 } }, alone);
  await add(token);
  const at = (name: string) => join(folder, name);
  const base64 = Buffer.from(envelopedDer(gm, signer.publicKey, receiver, 32)).toString("base64");
  writeFileSync(at("pair.txt"), `${base64}\n`);
  writeFileSync(at("signing.cer"), signer.certificate.der);
  writeFileSync(at("encryption.cer"), receiver.certificate.der);
  const imported = await run(["import-key", "pair", at("pair.txt")], PIN);
  expect(imported).toMatchObject({ status: 0, asked: ["pin"] });
  expect(imported.said).toContain("已试解密成功");
  const file = JSON.parse(readFileSync(homeAt(folder).libraries, "utf8")) as { libraries: { profile: unknown }[] };
  expect(file.libraries[0]?.profile).toMatchObject({
    envelopedPlainLen: 32,
    evidence: { envelopedPlainLen: "import" },
  });
  const certificates = await run(["import-certificates", "pair", at("signing.cer"), at("encryption.cer")], PIN);
  expect(certificates.status).toBe(0);
  expect((await run(["keys"])).said).toContain(world.KEY_ID);
});

test("import-key asks before it takes the place of a pair that bids may be encrypted for", async () => {
  const token = world.makeKey();
  await add(token);
  const at = join(folder, "pair.der");
  writeFileSync(at, envelopedDer(gm, signer.publicKey, gm.sm2KeyPair(), 64));
  const declined = await run(["import-key", "pair", at], "no", PIN);
  expect(declined.asked).toHaveLength(1);
  expect(declined.complaints).toContain("什么都没有改动");
  expect(called(token, "ImportECCKeyPair")).toEqual([]);
  expect((await run(["import-key", "pair", at], "REPLACE", PIN)).status).toBe(0);

  writeFileSync(join(folder, "again.der"), envelopedDer(gm, signer.publicKey, receiver, 64));
  const sure = await run(["import-key", "pair", join(folder, "again.der"), "--yes"], PIN);
  expect(sure).toMatchObject({ status: 0, asked: ["pin"] });
});

test("import-certificates asks before another encryption certificate takes the place of the one that bids name", async () => {
  const token = world.makeKey();
  await add(token);
  const renewed = party("滨江建设有限公司", null, { keyUsage: ["keyEncipherment"], publicKey: receiver.publicKey });
  const at = join(folder, "renewed.cer");
  writeFileSync(at, renewed.certificate.der);
  const declined = await run(["import-certificates", "pair", at], "no", PIN);
  expect(declined.asked).toHaveLength(1);
  expect(declined.complaints).toContain("什么都没有改动");
  expect(called(token, "ImportCertificate")).toEqual([]);
  expect((await run(["import-certificates", "pair", at], "REPLACE", PIN)).status).toBe(0);
  // The same again is no other one.
  expect(await run(["import-certificates", "pair", at], PIN)).toMatchObject({ status: 0, asked: ["pin"] });
});

test("an empty PIN is not tried, and of several keys none is", async () => {
  const token = world.makeKey();
  await add(token);
  token.forgetCalls();
  const empty = await run(["change-pin", "pair"], "", NEW_PIN);
  expect(empty).toMatchObject({ status: 1, asked: ["pin"] });
  const two = world.makeTwoKeys();
  const several = await run(["add", two.library, "--self-test"], PIN);
  expect(several.complaints).toContain("请只留一把");
  expect([...called(token, VERIFY), ...called(two, VERIFY)]).toEqual([]);
});

test("add says what to do where there is no key, and where one try is left", async () => {
  const token = world.makeKey({ conf: { tries: 1 } });
  expect((await run(["add", token.library, "--self-test"], PIN)).complaints).toContain("再登记");
  expect(called(token, VERIFY)).toEqual([]);
  token.remove(world.DEVICE);
  expect((await run(["add", token.library], PIN)).complaints).toContain("请插入CA锁");
});

test("add keeps what was found out before, and the CA's certificates, where they are not given anew", async () => {
  const fault = "ImportSessionKey:*:code:0A000003";
  const token = world.makeKey({ exports: "vendor", conf: { decrypt: "C", fault, sign: "message" } });
  const chain = join(folder, "ca.cer");
  writeFileSync(chain, signer.certificate.der);
  await add(token, "--self-test", "--certificate", chain);
  const enrolled = () =>
    (
      JSON.parse(readFileSync(homeAt(folder).libraries, "utf8")) as {
        libraries: { profile: DeviceProfile; chain: [] }[];
      }
    ).libraries;
  const [first] = enrolled();
  expect(first?.profile).toMatchObject({ signInput: "message", decrypt: "C" });
  expect(await add(token)).toContain("都沿用");
  expect(enrolled()).toEqual([first]);
  // What is tried anew counts, also where it opens nothing any more.
  token.setConf({ decrypt: "none" });
  await add(token, "--self-test");
  expect(enrolled()[0]?.profile).toMatchObject({ signInput: "message", decrypt: "none", sessionKey: "blob" });
});

test("a key that somebody has hides no other, but a name that it may have too is not enough", async () => {
  const token = world.makeTwoKeys();
  await add(token);
  const store = world.storeOf([world.writtenDown(token)], "Edge");
  const key = await (await store.find(world.OTHER_KEY_ID))?.open({ pin: world.bytesOf(PIN), calls: 1 });
  const listed = await run(["keys"]);
  expect(listed.said).toContain(world.KEY_ID);
  expect(listed.complaints).toContain("Edge");
  token.forgetCalls();
  expect((await run(["change-pin", "投标应用/pair"], PIN, NEW_PIN)).complaints).toContain("请用证书编号指明");
  expect(called(token, VERIFY)).toEqual([]);
  expect((await run(["change-pin", world.KEY_ID], PIN, NEW_PIN)).status).toBe(0);
  key?.close();
});
