/** A bid by a USB key: encrypted, its key pulled before the signature and plugged in again, handed in, and opened on the day by the key. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BIDDER, says } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BidClerk, encrypted, openBidClerk } from "../support/bid-clerk.ts";
import { type EnrolledToken, enrolToken } from "../support/enrolled-token.ts";

const FOLDER = "build/e2e/usb-key-bid";
const { pin, uscc } = BIDDER;

let clerk: BidClerk;
let enrolled: EnrolledToken;

beforeAll(async () => {
  clerk = await openBidClerk(FOLDER, async (stage) => {
    enrolled = await enrolToken({ ...stage, folder: resolve(FOLDER, "driver"), layout: "natural4", bidder: BIDDER });
  });
}, 120_000);

afterAll(() => clerk.stage.close());

test("a bid survives its key being pulled before it is signed, and opens on the day", async () => {
  const { token, device } = enrolled;
  const file = join(FOLDER, "offer 2026.xlsx");
  await mkdir(FOLDER, { recursive: true });
  await writeFile(file, new Uint8Array(3 * 1024 * 1024).fill(7));
  const encrypting = await clerk.encrypt("day", "JN-2026-0600", [file]);
  token.setConf({ fault: "ECCSignData:*:remove" });
  await encrypting.accept(pin);
  await says(encrypting.page, "CA锁被拔出");
  await encrypting.page.screenshot({ path: `${FOLDER}/pulled.png` });
  token.setConf({ fault: null });
  token.insert(device);
  await expect.poll(() => encrypting.certificates()).toMatchObject({ usable: 1 });
  await encrypting.accept(pin);
  await encrypted(encrypting.page);
  await clerk.handIn();
  expect(clerk.bidding.bids.of("day")[0]?.uscc).toBe(uscc);
  await encrypting.page.close();

  token.forgetCalls();
  const decrypting = await clerk.open("day");
  await decrypting.accept(pin);
  await says(decrypting.page, "已解密");
  await clerk.opened("day");
  const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
  expect(names.indexOf("ImportSessionKey")).toBeGreaterThan(names.indexOf("VerifyPIN"));
  expect(names.lastIndexOf("ClearSecureState")).toBeGreaterThan(names.lastIndexOf("ECCSignData"));
}, 180_000);
