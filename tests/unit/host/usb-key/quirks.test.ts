/** What libraries of the field do otherwise than the standard: each is found at enrolment, or does not matter, and the key signs and opens all the same. */
import { execFileSync } from "node:child_process";
import { parseEnvelopedData } from "@certbridge/pki";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import { expect, test } from "vitest";
import { enrolLibrary } from "../../../../apps/host/src/stores/usb-key/enrol.ts";
import { readText } from "../../../../apps/host/src/stores/usb-key/text.ts";
import { gm } from "../../../support/authority.ts";
import { seal } from "../../../support/sealed-bid.ts";
import type { SoftToken } from "../../../support/soft-token/token.ts";
import * as world from "./world.ts";

const message = new TextEncoder().encode("投标文件");

/** Enrols with the PIN; what the enrolment wrote down is all that the store then knows. */
async function enrolTested(token: SoftToken) {
  const enrolment = await world.enrol(token.library, world.PIN);
  expect(enrolment.tested).toBe(true);
  return enrolment;
}

/** What is signed is judged by OpenSSL; the envelope is our core's. */
async function use(library: Awaited<ReturnType<typeof enrolTested>>["library"]): Promise<void> {
  const store = world.storeOf([library]);
  const found = await store.find(world.KEY_ID);
  const opened = await found?.open({
    pin: world.bytesOf(world.PIN),
    calls: 2,
    opensFor: world.receiver.certificate,
  });
  const content = new Uint8Array(100).fill(7);
  const envelope = parseEnvelopedData(seal(gm, content, [world.receiver.certificate.der]), 64 * 1024);
  expect(await opened?.openEnvelope(envelope, world.receiver.certificate)).toEqual(content);
  const signature = (await opened?.sign(message, DEFAULT_DISTINGUISHING_ID)) ?? new Uint8Array(0);
  expect(world.isSignedBy(world.signer.certificate.publicKey, message, signature)).toBe(true);
}

/** A library whose ImportSessionKey is there in name only. */
const NO_SESSION_KEY = "ImportSessionKey:*:code:0A000003";

type Row = readonly [
  what: string,
  plan: world.KeyPlan,
  profile: Partial<DeviceProfile>,
  seenBy: DeviceProfile["evidence"],
];

const rows: readonly Row[] = [
  [
    "nothing",
    {},
    { sessionKey: "blob", decrypt: "none", algorithms: "2012", wait: "blocking", names: {}, strings: "auto" },
    { layout: "probe", signInput: "self-test", sessionKey: "self-test", wait: "probe", algorithms: "probe" },
  ],
  ...(["A", "B", "C", "D"] as const).map((decrypt): Row => [
    `private-key decryption ${decrypt} alone`,
    { exports: "vendor", conf: { decrypt, fault: NO_SESSION_KEY } },
    { sessionKey: "none", decrypt },
    { decrypt: "self-test" },
  ]),
  [
    "a decryption of its own beside the standard's: the standard's is used",
    { exports: "vendor", conf: { decrypt: "A" } },
    { sessionKey: "blob", decrypt: "none" },
    { sessionKey: "self-test" },
  ],
  [
    "session keys as raw ciphertexts",
    { conf: { "import-session": "raw" } },
    { sessionKey: "raw", decrypt: "none" },
    { sessionKey: "self-test" },
  ],
  ["the message signed", { conf: { sign: "message" } }, { signInput: "message" }, { signInput: "self-test" }],
  ["ids of GM/T 0006", { conf: { algorithms: "0006" } }, { algorithms: "0006" }, { algorithms: "probe" }],
  ["one id for all", { conf: { algorithms: "0300" } }, { algorithms: "0300" }, { algorithms: "probe" }],
  [
    "names of an earlier draft",
    { exports: "foreign" },
    {
      names: { SKF_DisConnectDev: "SKF_DisconnectDev", SKF_CloseHandle: "SKF_DestroyKey" },
      wait: "poll",
    },
    { names: "exports", wait: "exports" },
  ],
  ["waiting that does not wait", { conf: { wait: "immediate" } }, { wait: "poll" }, { wait: "probe" }],
  ["waiting that is not supported", { conf: { wait: "missing" } }, { wait: "poll" }, { wait: "probe" }],
  ["another code for a wrong PIN", { conf: { "wrong-pin-code": "0x0A000029" } }, {}, {}],
  ["container types one higher", { conf: { "container-type": "shifted" } }, {}, {}],
  ["a device state that means locked", { conf: { "device-state": "locked" } }, {}, {}],
  ["a device state that is unknown", { conf: { "device-state": "unknown" } }, {}, {}],
  ["16 bytes for the device's proof", { conf: { devauth: 16 } }, {}, {}],
];

test.each(rows)("%s", async (_, plan, profile, seenBy) => {
  const token = world.makeKey(plan);
  const { library, opens } = await enrolTested(token);
  expect(opens).toBe(true);
  expect(library.profile).toMatchObject(profile);
  expect(library.profile.evidence).toMatchObject(seenBy);
  token.forgetCalls();
  await use(library);
  const called = new Set(token.calls().map(({ name }) => name.replace("SKF_", "")));
  // What vendors read in different ways is not asked for at all.
  for (const name of ["GetContainerType", "GetDevState", "DevAuth"]) expect(called.has(name), name).toBe(false);
  const isStandard = library.profile.decrypt === "none";
  expect(called.has("ImportSessionKey")).toBe(isStandard);
});

test("a crash in one shape of a decryption is the end of that shape alone", async () => {
  const token = world.makeKey({
    exports: "vendor",
    conf: { decrypt: "D", fault: [NO_SESSION_KEY, "ECCDecrypt:1:crash"] },
  });
  const { library } = await enrolTested(token);
  expect(library.profile).toMatchObject({ sessionKey: "none", decrypt: "D" });
  // Each login after the crash is taken back before the next one.
  const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
  expect(names.lastIndexOf("ClearSecureState")).toBeGreaterThan(names.lastIndexOf("VerifyPIN"));
});

test("a key that opens in no way signs, and is said not to open", async () => {
  const token = world.makeKey({ conf: { fault: NO_SESSION_KEY } });
  const { library, opens } = await enrolTested(token);
  expect(opens).toBe(false);
  expect(library.profile.evidence).not.toHaveProperty("sessionKey");
});

test.each(["gbk", "utf8"] as const)("texts in %s", async (strings) => {
  const token = world.makeKey({ conf: { strings } });
  token.describe(world.DEVICE, { label: "江南CA锁" });
  const { library, devices } = await world.enrol(token.library);
  expect(library.profile.strings).toBe(strings);
  expect(library.profile.evidence).toMatchObject({ strings: "probe" });
  const label = devices[0]?.info.label ?? new Uint8Array(0);
  expect(readText(label, library.profile.strings)).toBe("江南CA锁");
  expect(readText(label)).toBe("江南CA锁");
});

test("an application of whatever name is found", async () => {
  const token = world.makeKey({}, { ...world.CONTENTS, application: "BJCA-Application" });
  await use((await enrolTested(token)).library);
});

test("a container of something else than SM2 before the one that counts", async () => {
  const token = world.makeKey();
  const other = { key: world.CONTENTS.signing.key, certificate: Buffer.from("3003020101", "hex") };
  token.provision(world.DEVICE, { ...world.CONTENTS, container: "a-rsa", signing: other, encryption: other });
  await use((await enrolTested(token)).library);
});

test("a profile without the standard's way and one with both: the standard's is tried first, the vendor's after it", async () => {
  const token = world.makeKey({ exports: "vendor", conf: { decrypt: "A", fault: NO_SESSION_KEY } });
  const { library } = await enrolTested(token);
  const both = { ...library, profile: { ...library.profile, sessionKey: "blob", decrypt: "A" } as const };
  token.forgetCalls();
  await use(both);
  const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
  expect(names.indexOf("ECCDecrypt")).toBeGreaterThan(names.indexOf("ImportSessionKey"));
  expect(names.indexOf("ImportSessionKey")).toBeGreaterThan(0);
});

test("a library that cannot log out is not enrolled: the key would stay open for every program", async () => {
  const { library } = world.makeKey();
  const supervise: typeof world.supervise = (opening) => {
    const supervisor = world.supervise(opening);
    const call: typeof supervisor.call = async (verb, params) => {
      const result = await supervisor.call(verb, params);
      if (typeof result === "object" && result !== null && "missing" in result) {
        return Object.assign(result, { missing: [...result.missing, "SKF_ClearSecureState"] });
      }
      return result;
    };
    return { ...supervisor, call };
  };
  await expect(enrolLibrary({ gm, path: library, chain: [], pin: null, supervise })).rejects.toMatchObject({
    details: { call: "SKF_ClearSecureState", code: "missing" },
  });
});

test("a library without any of the functions is not enrolled", async () => {
  const library = `${world.place()}.so`;
  execFileSync("gcc", ["-shared", "-x", "c", "-", "-o", library], { input: "int nothing(void) { return 0; }\n" });
  await expect(world.enrol(library)).rejects.toMatchObject({
    code: "DEVICE_FAILED",
    details: { call: "SKF_EnumDev", code: "0x0a000003" },
  });
});
