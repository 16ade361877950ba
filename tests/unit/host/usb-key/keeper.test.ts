/** What a person does with a USB key by hand: PIN, encryption pair, certificates; by a token of our own in a worker that really runs. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseEnvelopedData } from "@certbridge/pki";
import { describe, expect, it } from "vitest";
import { ENCRYPTION_KEY, PAIR_REPLACED } from "../../../../apps/host/src/stores/usb-key/keeper.ts";
import { readEnveloped } from "../../../../apps/host/src/stores/usb-key/enveloped.ts";
import { gm, party } from "../../../support/authority.ts";
import { envelopedBlob, envelopedDer } from "../../../support/enveloped-key.ts";
import { seal } from "../../../support/sealed-bid.ts";
import type { Contents, SoftToken } from "../../../support/soft-token/token.ts";
import * as world from "./world.ts";

const { CONTENTS, PIN, receiver, signer } = world;
const pinOf = (pin: string, mayUseLastTry = false) => ({ pin: world.bytesOf(pin), mayUseLastTry });

/** A key as it leaves the CA's counter half done: the signing key was made inside, and nothing else is there. */
const { encryption: _, ...withoutEncryption } = CONTENTS;
const SIGNING_ALONE: Contents = { ...withoutEncryption, signing: { key: CONTENTS.signing.key } };

async function keep(token: SoftToken) {
  const library = world.writtenDown(token);
  const keeper = world.keeperOf([library], 200);
  const { places } = await keeper.places();
  const [place] = places;
  if (place === undefined) throw new Error("nothing there");
  return { keeper, place, library, token };
}

const namesOf = (token: SoftToken) => token.calls().map(({ name }) => name.replace("SKF_", ""));

/** What lies on the device's disk. */
const onDisk = (token: SoftToken, name: string): Buffer =>
  readFileSync(
    join(dirname(token.library), "state", world.DEVICE, "applications", world.APPLICATION, "containers/pair", name),
  );

describe("a look into the key", () => {
  it("finds every container, also one that holds no certificate yet", async () => {
    const full = await keep(world.makeKey());
    expect(full.place).toMatchObject({ keyId: world.KEY_ID });
    expect(full.place.container.encryptionCertificate).toEqual(Buffer.from(receiver.certificate.der));
    expect((await keep(world.makeKey({}, SIGNING_ALONE))).place).toMatchObject({ keyId: null });
  });
});

describe("a key that a browser has", () => {
  it("is not touched, and its owner is named; afterwards it is there again", async () => {
    const { keeper, place, library, token } = await keep(world.makeKey());
    const found = await world.storeOf([library], "Edge").find(world.KEY_ID);
    const opened = await found?.open({ pin: world.bytesOf(PIN), calls: 1, site: "南京公共资源" });
    token.forgetCalls();
    const busy = { code: "DEVICE_BUSY", details: { by: "Edge · 南京公共资源" } };
    expect((await keeper.places()).troubles).toMatchObject([busy]);
    await expect(keeper.changePin(place, pinOf(PIN), world.bytesOf("135-791"))).rejects.toMatchObject(busy);
    expect(namesOf(token).filter((name) => name !== "EnumDev")).toEqual([]);
    opened?.close();
    await expect.poll(async () => (await keeper.places()).places).toHaveLength(1);
  });
});

describe("the PIN", () => {
  it("is changed: the new one opens, the old one does not", async () => {
    const { keeper, place, token } = await keep(world.makeKey());
    await keeper.changePin(place, pinOf(PIN), world.bytesOf("135-791"));
    expect(namesOf(token).lastIndexOf("ClearSecureState")).toBeGreaterThan(namesOf(token).lastIndexOf("ChangePIN"));
    await expect(keeper.changePin(place, pinOf(PIN), world.bytesOf("999-999"))).rejects.toMatchObject({
      code: "PIN_INCORRECT",
      details: { triesLeft: 5 },
    });
    await keeper.changePin(place, pinOf("135-791"), world.bytesOf(PIN));
  });

  it("is wiped once it was used, the new one too", async () => {
    const { keeper, place } = await keep(world.makeKey());
    const [opening, newPin] = [pinOf(PIN), world.bytesOf("135-791")];
    await keeper.changePin(place, opening, newPin);
    expect([...opening.pin, ...newPin].every((byte) => byte === 0)).toBe(true);
    const unused = world.bytesOf("135-791");
    await expect(keeper.changePin(place, pinOf("wrong-1"), unused)).rejects.toMatchObject({ code: "PIN_INCORRECT" });
    expect(unused.every((byte) => byte === 0)).toBe(true);
  });

  it("that the key does not take as a new one is said to be that, and the old one holds", async () => {
    const { keeper, place } = await keep(world.makeKey());
    await expect(keeper.changePin(place, pinOf(PIN), world.bytesOf("12"))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { path: "new-pin" },
    });
    await keeper.changePin(place, pinOf(PIN), world.bytesOf("135-791"));
  });

  it("is not tried where one try is left, unless the person said so", async () => {
    const { keeper, place, token } = await keep(world.makeKey({ conf: { tries: 2 } }));
    const change = (pin: string, may: boolean) => keeper.changePin(place, pinOf(pin, may), world.bytesOf("135-791"));
    await expect(change("wrong-1", false)).rejects.toMatchObject({ details: { triesLeft: 1 } });
    token.forgetCalls();
    await expect(change(PIN, false)).rejects.toMatchObject({ code: "PIN_LAST_TRY" });
    expect(namesOf(token)).not.toContain("VerifyPIN");
    await change(PIN, true);
  });

  it("that was being changed when the library fell over is not sent again, and the login is taken back", async () => {
    const { keeper, place, token } = await keep(world.makeKey());
    token.setConf({ fault: "ChangePIN:1:crash" });
    token.forgetCalls();
    const failed = keeper.changePin(place, pinOf(PIN), world.bytesOf("135-791"));
    await expect(failed).rejects.toMatchObject({ code: "DRIVER_FAILED", details: { fault: "ended" } });
    token.setConf({ fault: null });
    await keeper.places();
    expect(namesOf(token).filter((name) => name === "VerifyPIN" || name === "ChangePIN")).toHaveLength(2);
    expect(namesOf(token).lastIndexOf("ClearSecureState")).toBeGreaterThan(namesOf(token).lastIndexOf("ChangePIN"));
  });
});

describe("an encryption pair", () => {
  const forms = [
    ["DER", "packed4", envelopedDer],
    ["SKF's structure", "natural8", envelopedBlob],
  ] as const;
  const lens = [
    [64, 64],
    [64, 32],
    [32, 32],
  ] as const;
  const rows = forms.flatMap(([form, layout, make]) =>
    lens.map(([given, takes]) => [form, given, takes, layout, make] as const),
  );

  it.each(rows)(
    "as %s, given with %i bytes, goes into a key that takes %i, laid out %s",
    async (_form, given, takes, layout, make) => {
      const token = world.makeKey({ layout, conf: { "enveloped-plain": takes } }, SIGNING_ALONE);
      const { keeper, place } = await keep(token);
      const envelope = readEnveloped(make(gm, signer.publicKey, receiver, given));
      const profile = await keeper.importPair(place, pinOf(PIN), envelope, true);
      expect(profile).toMatchObject({ envelopedPlainLen: takes, evidence: { envelopedPlainLen: "import" } });
      expect(onDisk(token, "encryption-key.txt").toString().trim()).toBe(world.hexOf(receiver.privateKey));
    },
  );

  it("for which the key wants zeros that nobody can encrypt is refused, and nothing is changed", async () => {
    const { keeper, place, token } = await keep(world.makeKey());
    const envelope = readEnveloped(envelopedDer(gm, signer.publicKey, gm.sm2KeyPair(), 32));
    await expect(keeper.importPair(place, pinOf(PIN), envelope, true)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { path: "enveloped-key" },
    });
    expect(onDisk(token, "encryption-key.txt").toString().trim()).toBe(CONTENTS.encryption.key);
  });

  it("that is taken and opens nothing is said to have replaced the one before", async () => {
    const { keeper, place, token } = await keep(world.makeKey());
    token.setConf({ fault: "ImportSessionKey:*:code:0A000003" });
    const envelope = readEnveloped(envelopedDer(gm, signer.publicKey, gm.sm2KeyPair(), 64));
    await expect(keeper.importPair(place, pinOf(PIN), envelope, true)).rejects.toMatchObject({
      details: { path: PAIR_REPLACED },
    });
  });

  it("gets no PIN of another key of the same names, where no certificate tells them apart", async () => {
    const { keeper, place, token } = await keep(world.makeKey({}, SIGNING_ALONE));
    token.describe(world.DEVICE, { serial: "ANOTHER-KEY" });
    token.forgetCalls();
    await expect(keeper.changePin(place, pinOf(PIN), world.bytesOf("135-791"))).rejects.toMatchObject({
      code: "KEY_NOT_FOUND",
    });
    expect(namesOf(token)).not.toContain("VerifyPIN");
  });

  it("that was encrypted for another key is refused", async () => {
    const { keeper, place } = await keep(world.makeKey({}, SIGNING_ALONE));
    const envelope = readEnveloped(envelopedDer(gm, receiver.publicKey, receiver, 64));
    await expect(keeper.importPair(place, pinOf(PIN), envelope, true)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  it("takes the place of another pair, which may have no certificate, only if it may", async () => {
    const { key } = CONTENTS.encryption;
    const { keeper, place, token } = await keep(world.makeKey({}, { ...CONTENTS, encryption: { key } }));
    const envelope = readEnveloped(envelopedDer(gm, signer.publicKey, gm.sm2KeyPair(), 64));
    await expect(keeper.importPair(place, pinOf(PIN), envelope, false)).rejects.toMatchObject({
      details: { path: ENCRYPTION_KEY },
    });
    expect(namesOf(token)).not.toContain("ImportECCKeyPair");
    await keeper.importPair(place, pinOf(PIN), envelope, true);
    expect(namesOf(token)).toContain("ImportECCKeyPair");
  });

  it("finds out by which way the key opens, where that could not be tried before", async () => {
    const fault = "ImportSessionKey:*:code:0A000003";
    const token = world.makeKey({ exports: "vendor", conf: { decrypt: "B", fault } }, SIGNING_ALONE);
    const { keeper, place, library } = await keep(token);
    expect(library.profile).toMatchObject({ sessionKey: "blob", evidence: {} });
    const envelope = readEnveloped(envelopedDer(gm, signer.publicKey, receiver, 64));
    const profile = await keeper.importPair(place, pinOf(PIN), envelope, true);
    expect(profile).toMatchObject({ sessionKey: "none", decrypt: "B", evidence: { decrypt: "import" } });
  });

  it("is no pair where the file is something else", () => {
    expect(() => readEnveloped(new Uint8Array(400))).toThrow("MALFORMED");
    expect(() => readEnveloped(envelopedBlob(gm, signer.publicKey, receiver, 64).subarray(0, 300))).toThrow(
      "MALFORMED",
    );
  });
});

describe("certificates", () => {
  const bare: Contents = {
    ...CONTENTS,
    signing: { key: CONTENTS.signing.key },
    encryption: { key: CONTENTS.encryption.key },
  };
  const given = (...ders: readonly Uint8Array[]) => ders.map((der, at) => ({ name: `${at}.cer`, der }));

  it("are told apart, written, read again and tried, in whatever order they come", async () => {
    const token = world.makeKey({ layout: "natural4" }, bare);
    const { keeper, place, library } = await keep(token);
    const both = given(receiver.certificate.der, signer.certificate.der);
    const { written } = await keeper.importCertificates(place, pinOf(PIN), both);
    expect(written.map(({ der }) => der)).toEqual([signer.certificate.der, receiver.certificate.der]);
    expect(onDisk(token, "signing.der")).toEqual(Buffer.from(signer.certificate.der));
    expect(onDisk(token, "encryption.der")).toEqual(Buffer.from(receiver.certificate.der));
    const found = await world.storeOf([library]).find(world.KEY_ID);
    const opened = await found?.open({ pin: world.bytesOf(PIN), calls: 1, opensFor: receiver.certificate });
    const envelope = parseEnvelopedData(seal(gm, world.bytesOf("标书"), [receiver.certificate.der]), 64 * 1024);
    expect(await opened?.openEnvelope(envelope, receiver.certificate)).toEqual(world.bytesOf("标书"));
  });

  const stranger = party("别的公司", null, { keyUsage: ["digitalSignature"] });
  const swapped = party("滨江建设有限公司", null, { keyUsage: ["digitalSignature"], publicKey: receiver.publicKey });
  const elsewhere = party("别的公司", null, { keyUsage: ["keyEncipherment"], publicKey: receiver.publicKey });

  it.each([
    ["of another key", given(signer.certificate.der, stranger.certificate.der), "1.cer"],
    ["to sign with, of the encryption key", given(swapped.certificate.der), "0.cer"],
    ["of another holder beside the first", given(signer.certificate.der, elsewhere.certificate.der), "1.cer"],
    ["twice", given(signer.certificate.der, signer.certificate.der), "1.cer"],
  ])("%s are refused before any is written", async (_, certificates, path) => {
    const { keeper, place, token } = await keep(world.makeKey({}, bare));
    await expect(keeper.importCertificates(place, pinOf(PIN), certificates)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { path },
    });
    expect(namesOf(token)).not.toContain("ImportCertificate");
  });

  it("of keys that the library's profile says nothing of are tried before any is written", async () => {
    const fault = "ImportSessionKey:*:code:0A000003";
    const token = world.makeKey({ exports: "vendor", conf: { sign: "message", decrypt: "C", fault } }, bare);
    const { keeper, place } = await keep(token);
    const both = given(signer.certificate.der, receiver.certificate.der);
    const { profile } = await keeper.importCertificates(place, pinOf(PIN), both);
    expect(profile).toMatchObject({ signInput: "message", decrypt: "C", evidence: { signInput: "import" } });
    expect(namesOf(token).indexOf("ImportCertificate")).toBeGreaterThan(namesOf(token).lastIndexOf("ECCSignData"));
  });

  it("that the key does not show afterwards are not called written", async () => {
    const { keeper, place, token } = await keep(world.makeKey({}, bare));
    token.setConf({ fault: "ExportCertificate:*:code:0A00001C" });
    await expect(keeper.importCertificates(place, pinOf(PIN), given(signer.certificate.der))).rejects.toMatchObject({
      details: { call: "SKF_ImportCertificate", code: "not-verified" },
    });
  });
});
