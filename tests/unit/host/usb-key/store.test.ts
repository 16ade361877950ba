/** What a USB key does for the program, by a token of our own in a worker that really runs. */
import { appendFileSync, chmodSync } from "node:fs";
import { dirname } from "node:path";
import { parseEnvelopedData } from "@certbridge/pki";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import { describe, expect, it } from "vitest";
import { gm } from "../../../support/authority.ts";
import { seal } from "../../../support/sealed-bid.ts";
import { DEVICE, enrol, isSignedBy, KEY_ID, makeKey, openKey, PIN, receiver, signer, storeOf } from "./world.ts";

const message = new TextEncoder().encode("投标文件");
const layouts = {
  packed4: { ulongLen: 4, packing: "packed" },
  natural4: { ulongLen: 4, packing: "natural" },
  packed8: { ulongLen: 8, packing: "packed" },
  natural8: { ulongLen: 8, packing: "natural" },
} as const;

describe.each(["packed4", "natural4", "packed8", "natural8"] as const)("a library laid out %s", (layout) => {
  it("is enrolled as what it is, signs, and opens an envelope", async () => {
    const token = makeKey({ layout });
    const { library, tested } = await enrol(token.library, PIN);
    expect(tested).toBe(true);
    expect(library.profile).toMatchObject({ layout: layouts[layout], signInput: "digest", sessionKey: "blob" });

    const store = storeOf([library]);
    const [key] = await store.list();
    expect(key).toMatchObject({ keyId: KEY_ID, pin: { triesLeft: 6, retryAt: null } });
    expect(key?.encryptionCertificate).toEqual(receiver.certificate.der);

    const found = await store.find(KEY_ID);
    const open = await found?.open({ pin: new TextEncoder().encode(PIN), calls: 2, opensFor: receiver.certificate });
    const content = new Uint8Array(100).fill(7);
    const envelope = parseEnvelopedData(seal(gm, content, [receiver.certificate.der]), 64 * 1024);
    expect(await open?.openEnvelope(envelope, receiver.certificate)).toEqual(content);
    const signature = (await open?.sign(message, DEFAULT_DISTINGUISHING_ID)) ?? new Uint8Array(0);
    expect(isSignedBy(signer.certificate.publicKey, message, signature)).toBe(true);
    await expect(open?.sign(message, DEFAULT_DISTINGUISHING_ID)).rejects.toThrow("beyond");
  });
});

describe("a key", () => {
  it("that hashes by itself is enrolled as that, and signs under the default id alone", async () => {
    const token = makeKey({ conf: { sign: "message" } });
    const { library } = await enrol(token.library, PIN);
    expect(library.profile.signInput).toBe("message");
    const found = await storeOf([library]).find(KEY_ID);
    const open = await found?.open({ pin: new TextEncoder().encode(PIN), calls: 2 });
    const signature = (await open?.sign(message, DEFAULT_DISTINGUISHING_ID)) ?? new Uint8Array(0);
    expect(isSignedBy(signer.certificate.publicKey, message, signature)).toBe(true);
    await expect(open?.sign(message, "another")).rejects.toMatchObject({ code: "UNSUPPORTED_OPERATION" });
  });

  it("that signs something else than it was given has signed nothing", async () => {
    const { open } = await openKey({ conf: { sign: "message" } });
    const opened = await open();
    await expect(opened.sign(message, DEFAULT_DISTINGUISHING_ID)).rejects.toMatchObject({ code: "DEVICE_FAILED" });
  });

  it.each(["0x0A000024", "0x0A000029"])(
    "tells how often a PIN may still be tried, whatever its library answers (%s)",
    async (code) => {
      const { open, store } = await openKey({ conf: { "wrong-pin-code": code, tries: 3 } });
      await expect(open("wrong-1")).rejects.toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 2 } });
      await expect(open("wrong-2")).rejects.toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 1 } });
      // One more would lock it: it is not tried unless the person says so.
      await expect(open("wrong-3")).rejects.toMatchObject({ code: "PIN_LAST_TRY" });
      await expect(open()).rejects.toMatchObject({ code: "PIN_LAST_TRY" });
      expect(await store.list()).toMatchObject([{ pin: { triesLeft: 1 } }]);
      await expect(open("wrong-3", { mayUseLastTry: true })).rejects.toMatchObject({ code: "PIN_LOCKED" });
      await expect(open()).rejects.toMatchObject({ code: "PIN_LOCKED" });
      expect(await store.list()).toMatchObject([{ pin: { triesLeft: 0 } }]);
    },
  );

  it("is logged out once the calls are used up, or it is closed", async () => {
    const { open, token, store } = await openKey();
    const opened = await open();
    await opened.sign(message, DEFAULT_DISTINGUISHING_ID);
    await store.list();
    const names = () => token.calls().map(({ name }) => name.replace("SKF_", ""));
    expect(names().filter((name) => name === "VerifyPIN")).toHaveLength(1);
    expect(names().lastIndexOf("ClearSecureState")).toBeGreaterThan(names().lastIndexOf("ECCSignData"));
    expect(names().lastIndexOf("UnlockDev")).toBeGreaterThan(names().lastIndexOf("ClearSecureState"));
  });

  it("that is pulled says so, and works once it is back", async () => {
    const { open, token } = await openKey();
    const opened = await open();
    token.remove(DEVICE);
    await expect(opened.sign(message, DEFAULT_DISTINGUISHING_ID)).rejects.toMatchObject({ code: "DEVICE_REMOVED" });
    token.insert(DEVICE);
    const again = await open();
    expect(await again.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });

  it("gives one answer for every envelope that does not open", async () => {
    const { open } = await openKey();
    const opened = await open();
    const der = seal(gm, new Uint8Array(100).fill(7), [receiver.certificate.der]);
    const envelope = parseEnvelopedData(der, 64 * 1024);
    const altered = envelope.recipients.map((recipient) => ({
      ...recipient,
      encryptedKeys: recipient.encryptedKeys.map((raw) => raw.map((byte, at) => (at === 100 ? byte ^ 1 : byte))),
    }));
    expect(await opened.openEnvelope({ ...envelope, recipients: altered }, receiver.certificate)).toBeNull();
  });
});

describe("a library", () => {
  it("that ends its worker fails that call alone; what it left logged in is logged out first, and no PIN is tried again", async () => {
    const { open, token, store } = await openKey();
    token.setConf({ fault: "ECCSignData:1:crash" });
    const opened = await open();
    const failed = opened.sign(message, DEFAULT_DISTINGUISHING_ID);
    await expect(failed).rejects.toMatchObject({ code: "DRIVER_FAILED", details: { fault: "ended" } });
    token.setConf({ fault: null });
    token.forgetCalls();
    expect(await store.list()).toHaveLength(1);
    const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
    expect(names.indexOf("ClearSecureState")).toBeGreaterThanOrEqual(0);
    expect(names.indexOf("ClearSecureState")).toBeLessThan(names.indexOf("ExportCertificate"));
    expect(names).not.toContain("VerifyPIN");
  });

  it("that hangs is ended, and the next call goes on", async () => {
    const { open, token, store } = await openKey();
    token.setConf({ fault: "ECCSignData:1:hang" });
    const opened = await open();
    const failed = opened.sign(message, DEFAULT_DISTINGUISHING_ID);
    await expect(failed).rejects.toMatchObject({ code: "DRIVER_FAILED", details: { fault: "hung" } });
    token.setConf({ fault: null });
    expect(await store.list()).toHaveLength(1);
  });

  it("that ends again and again is left alone", async () => {
    const { store, token } = await openKey();
    token.setConf({ fault: "EnumDev:*:crash" });
    for (let time = 0; time < 3; time++) {
      await expect(store.find(KEY_ID)).rejects.toMatchObject({ details: { fault: "ended" } });
    }
    token.setConf({ fault: null });
    await expect(store.find(KEY_ID)).rejects.toMatchObject({ code: "DRIVER_FAILED", details: { fault: "paused" } });
    // Other stores' keys are shown all the same.
    expect(await store.list()).toEqual([]);
  });

  it("that prints disturbs nobody", async () => {
    const { open } = await openKey({ conf: { fault: "*:*:print" } });
    const opened = await open();
    expect(await opened.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });

  it("that is another file than was enrolled is not loaded", async () => {
    const { library, token } = await openKey();
    appendFileSync(token.library, "\0");
    const store = storeOf([library]);
    await expect(store.find(KEY_ID)).rejects.toMatchObject({ code: "DRIVER_FAILED", details: { fault: "changed" } });
  });

  it("that others can write, or whose folder they can, is neither enrolled nor loaded", async () => {
    const { library, token } = await openKey();
    for (const [path, open, closed] of [
      [token.library, 0o757, 0o755],
      [dirname(token.library), 0o777, 0o755],
    ] as const) {
      chmodSync(path, open);
      token.forgetCalls();
      const refused = { code: "DRIVER_FAILED", details: { fault: "writable" } };
      await expect(storeOf([library]).find(KEY_ID)).rejects.toMatchObject(refused);
      await expect(enrol(token.library)).rejects.toMatchObject(refused);
      expect(token.calls()).toEqual([]);
      chmodSync(path, closed);
    }
    expect(await storeOf([library]).find(KEY_ID)).not.toBeNull();
  });

  it("beside one that fails is used", async () => {
    const [good, bad] = [makeKey({ layout: "natural8" }), makeKey()];
    const libraries = [(await enrol(bad.library)).library, (await enrol(good.library)).library];
    bad.setConf({ fault: "EnumDev:*:crash" });
    const store = storeOf(libraries);
    expect(await store.list()).toHaveLength(1);
    expect(await store.find(KEY_ID)).not.toBeNull();
  });
});
