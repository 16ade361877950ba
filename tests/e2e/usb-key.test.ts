/** A bidder with a USB key: the login of a platform in a real browser, the key in a vendor's library, the signature judged by the platform's server. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { obtainKeys } from "@certbridge/demo/bidders";
import { approvalOf, BIDDER, openSite, openStage, says, type Site, type Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeToken, type SoftToken } from "../support/soft-token/token.ts";

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/usb-key";
const DEVICE = "CA-LOCK-1";
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

let stage: Stage;
let token: SoftToken;
let site: Site;

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  const { demo, desk } = stage;
  const keys = obtainKeys(demo.gm, demo.authorities.jiangnan, { name, uscc });
  const folder = resolve(FOLDER, "厂商 driver");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A library that believes ULONG to have eight bytes, as some on 64-bit Linux do.
  token = makeToken({ folder, layout: "natural8", devices: [DEVICE] });
  token.provision(DEVICE, {
    application: "投标应用",
    pin,
    container: "双证书",
    signing: { key: hexOf(keys.signingKey), certificate: keys.signing },
    encryption: { key: hexOf(keys.encryptionKey), certificate: keys.encryption },
  });
  const chain: string[] = [];
  for (const [place, der] of keys.chain.entries()) {
    chain.push(join(folder, `ca-${place}.cer`));
    await writeFile(chain[place] ?? "", der);
  }
  const said = await desk.host(["devices", "add", token.library, "--certificate", ...chain, "--pin-stdin"], `${pin}\n`);
  expect(said).toContain("ULONG 8, natural, sign digest");
  const { admin, origin } = demo.platforms.a;
  admin.addAccount({ name, uscc });
  site = await openSite(stage.browser, origin);
}, 120_000);

afterAll(() => stage.close());

test("logs in with the key, and the key is logged out again", async () => {
  await site.click("login");
  const approval = await approvalOf(stage.browser);
  await says(approval.page, "CA锁");
  await approval.accept(pin);
  expect(await site.outcome()).toBe("done");
  const names = token.calls().map((call) => call.name.replace("SKF_", ""));
  expect(names.lastIndexOf("ClearSecureState")).toBeGreaterThan(names.lastIndexOf("ECCSignData"));
});

/** Asked for again, the same page gets in: what failed has left nothing behind. */
async function logsInAgain(): Promise<void> {
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
}

test.each([
  ["a library that ends under the signature", "crash", "驱动出错"],
  ["a key that is pulled while it signs", "remove", "CA锁被拔出"],
])(
  "%s is told as that, to the person alone; no PIN is tried by itself, and nothing stays behind",
  async (_, fault, words) => {
    await site.logOut();
    token.setConf({ fault: `ECCSignData:*:${fault}` });
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    token.forgetCalls();
    await approval.accept(pin);
    await says(approval.page, words);
    await approval.page.screenshot({ path: `${FOLDER}/${fault}.png` });
    expect(token.calls().filter((call) => call.name.endsWith("VerifyPIN"))).toHaveLength(1);
    expect(await site.outcome()).toBe("USER_DECLINED");
    await approval.page.close();
    token.setConf({ fault: null });
    token.insert(DEVICE);
    await logsInAgain();
  },
);
