/** A bidder with a USB key: the login of a platform in a real browser, the key in a vendor's library, the signature judged by the platform's server. */
import { resolve } from "node:path";
import { approvalOf, BIDDER, openSite, openStage, says, type Site, type Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enrolToken } from "../support/enrolled-token.ts";
import type { SoftToken } from "../support/soft-token/token.ts";

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/usb-key";

let stage: Stage;
let token: SoftToken;
let device: string;
/** Each takes ten requests in a minute: they take turns. */
let sites: readonly [Site, Site];
let requests = 0;

async function askForLogin(): Promise<Site> {
  const site = sites[requests++ % 2 === 0 ? 0 : 1];
  await site.click("login");
  return site;
}

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  // A library that believes ULONG to have eight bytes, as some on 64-bit Linux do.
  const enrolled = await enrolToken({
    ...stage,
    folder: resolve(FOLDER, "厂商 driver"),
    layout: "natural8",
    bidder: BIDDER,
  });
  expect(enrolled.said).toContain("ULONG 8, natural, sign digest");
  ({ token, device } = enrolled);
  const { a, b } = stage.demo.platforms;
  for (const { admin } of [a, b]) admin.addAccount({ name, uscc });
  sites = [await openSite(stage.browser, a.origin), await openSite(stage.browser, b.origin)];
}, 120_000);

afterAll(() => stage.close());

const called = () => token.calls().map((call) => call.name.replace("SKF_", ""));

test("logs in with the key, and the key is logged out again", async () => {
  const site = await askForLogin();
  const approval = await approvalOf(stage.browser);
  await says(approval.page, "CA锁");
  await approval.accept(pin);
  expect(await site.outcome()).toBe("done");
  await site.logOut();
  expect(called().lastIndexOf("ClearSecureState")).toBeGreaterThan(called().lastIndexOf("ECCSignData"));
});

test.each([
  ["crash", "驱动出错"],
  ["hang", "驱动没有响应"],
] as const)(
  "a library that comes to a %s under the signature is told as that, to the person alone; no PIN is tried by itself, and the same window goes on",
  async (fault, words) => {
    token.setConf({ fault: `ECCSignData:*:${fault}` });
    const site = await askForLogin();
    const approval = await approvalOf(stage.browser);
    token.forgetCalls();
    await approval.accept(pin);
    await says(approval.page, words);
    await approval.page.screenshot({ path: `${FOLDER}/${fault}.png` });
    expect(called().filter((call) => call === "VerifyPIN")).toHaveLength(1);
    token.setConf({ fault: null });
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.logOut();
  },
);

/** What the program calls between the click and the signature, in that order. */
const CALLS = [
  "EnumDev",
  "ConnectDev",
  "GetDevInfo",
  "EnumApplication",
  "OpenApplication",
  "GetPINInfo",
  "EnumContainer",
  "OpenContainer",
  "ExportCertificate",
  "LockDev",
  "VerifyPIN",
  "ECCSignData",
];

test.each(CALLS)(
  "a key that is pulled at %s is missed at once, and the window goes on when it is back",
  async (call) => {
    const site = await askForLogin();
    const approval = await approvalOf(stage.browser);
    await says(approval.page, "CA锁");
    token.setConf({ fault: `${call}:*:remove` });
    await approval.accept(pin);
    // Pulled while it was read, it is gone from the list; pulled while it was used, that is said.
    await expect.poll(() => approval.text(), { timeout: 20_000 }).toMatch(/CA锁被拔出|没有可用/);
    token.setConf({ fault: null });
    token.insert(device);
    await expect.poll(() => approval.certificates()).toMatchObject({ usable: 1 });
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.logOut();
  },
);

test("a key that is pulled and plugged in again comes and goes in the window by itself", async () => {
  const site = await askForLogin();
  const approval = await approvalOf(stage.browser);
  await expect.poll(() => approval.certificates()).toMatchObject({ usable: 1 });
  // The window begins to follow changes once it has its list.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  token.remove(device);
  await expect.poll(() => approval.certificates()).toMatchObject({ usable: 0 });
  await approval.page.screenshot({ path: `${FOLDER}/pulled.png` });
  token.insert(device);
  await expect.poll(() => approval.certificates()).toMatchObject({ usable: 1 });
  await approval.accept(pin);
  expect(await site.outcome()).toBe("done");
  await site.logOut();
});

test("a key that is not plugged in is asked for, and the window goes on once it is", async () => {
  token.remove(device);
  const site = await askForLogin();
  const approval = await approvalOf(stage.browser);
  await says(approval.page, "没有插入CA锁。请现在把CA锁插入这台电脑。");
  await approval.page.screenshot({ path: `${FOLDER}/no-key.png` });
  token.insert(device);
  await approval.accept(pin);
  expect(await site.outcome()).toBe("done");
});
