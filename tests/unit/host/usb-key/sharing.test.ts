/** Several keys, and several who want one: two devices of a library, two calls on one device, two programs. */
import { rmSync } from "node:fs";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import { describe, expect, it } from "vitest";
import { bytesOf, DEVICE, enrol, KEY_ID, makeKey, makeTwoKeys, openKey, OTHER_KEY_ID, PIN, storeOf } from "./world.ts";

const message = bytesOf("投标文件");
const opening = { pin: bytesOf(PIN), calls: 1 } as const;

describe("two devices of one library", () => {
  it("are open at the same time, each for its own", async () => {
    const { library } = await enrol(makeTwoKeys().library);
    const store = storeOf([library]);
    const [one, other] = await Promise.all([store.find(KEY_ID), store.find(OTHER_KEY_ID)]);
    const opened = [
      await one?.open({ ...opening, pin: bytesOf(PIN) }),
      await other?.open({ ...opening, pin: bytesOf(PIN) }),
    ];
    // Each signature is verified with the certificate of its own key before it is given.
    for (const key of opened) expect(await key?.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });
});

describe("one device", () => {
  it("is logged in once for two openings of one program, and logged out after the last of them", async () => {
    const { open, token, store } = await openKey({}, 2);
    const bid = await open();
    const login = await open();
    await login.sign(message, DEFAULT_DISTINGUISHING_ID);
    login.close();
    // The bid that is being encrypted has its login still.
    await bid.sign(message, DEFAULT_DISTINGUISHING_ID);
    await bid.sign(message, DEFAULT_DISTINGUISHING_ID);
    await store.list();
    const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
    expect(names.filter((name) => name === "LockDev")).toHaveLength(1);
    expect(names.filter((name) => name === "VerifyPIN")).toHaveLength(2);
    expect(names.lastIndexOf("ClearSecureState")).toBeGreaterThan(names.lastIndexOf("ECCSignData"));
    expect(names.filter((name) => name === "ClearSecureState")).toHaveLength(1);
  });

  it("takes the first opening back in once the second has typed the right PIN after a wrong one", async () => {
    const { open } = await openKey({}, 2);
    const bid = await open();
    await expect(open("wrong-1")).rejects.toMatchObject({ code: "PIN_INCORRECT" });
    const login = await open();
    expect(await login.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
    login.close();
    expect(await bid.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });

  it("that was pulled and is back is opened anew, though an old opening was never closed", async () => {
    const { open, token } = await openKey({}, 2);
    await open();
    token.remove(DEVICE);
    token.insert(DEVICE);
    expect(await (await open()).sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
  });
});

describe("two programs", () => {
  async function twoPrograms(waitMs?: number) {
    const { library } = await enrol(makeKey().library);
    const [edge, firefox] = [storeOf([library], "Edge", waitMs), storeOf([library], "Firefox", waitMs)];
    return { edge, firefox };
  }

  it("take turns: the second is told who has the key, sees what lies on it, and gets it when the first is done", async () => {
    const { edge, firefox } = await twoPrograms();
    const first = await (await edge.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN), site: "南京公共资源" });
    const [seen] = await firefox.list();
    expect(seen).toMatchObject({ keyId: KEY_ID, usedBy: { by: "Edge · 南京公共资源" } });
    const waiting = (await firefox.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN) });
    const order: string[] = [];
    const opened = waiting?.then((key) => {
      order.push("second opened");
      return key;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    order.push("first closes");
    first?.close();
    expect(await (await opened)?.sign(message, DEFAULT_DISTINGUISHING_ID)).toHaveLength(64);
    expect(order).toEqual(["first closes", "second opened"]);
    await expect.poll(async () => (await edge.list())[0]?.usedBy).toBeUndefined();
  });

  it("are not kept waiting for ever, and no PIN is tried meanwhile", async () => {
    const { edge, firefox } = await twoPrograms(300);
    await (await edge.find(KEY_ID))?.open({ ...opening, pin: bytesOf(PIN), site: "南京公共资源" });
    const waiting = (await firefox.find(KEY_ID))?.open({ ...opening, pin: bytesOf("wrong-1") });
    await expect(waiting).rejects.toMatchObject({ code: "DEVICE_BUSY", details: { by: "Edge · 南京公共资源" } });
    expect((await firefox.list())[0]?.pin.triesLeft).toBe(6);
  });
});

it("a key of a library that is gone leaves the others", async () => {
  const [good, gone] = [makeKey(), makeKey()];
  const libraries = [(await enrol(gone.library)).library, (await enrol(good.library)).library];
  rmSync(gone.library);
  expect(await storeOf(libraries).list()).toHaveLength(1);
});
