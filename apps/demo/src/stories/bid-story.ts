import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { appears, approvalOf, bringToFront, openSite, says } from "../walk/clerk.ts";
import { type ExtensionBrowser, photograph, type WalkPage } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";
import { must, obtain, StoryError, tellStory } from "./story.ts";

const { uscc, pin } = BIDDER;

/** From the notice to the opening: long enough to encrypt and hand in, short enough to wait for. */
const OPENS_AFTER_MS = 20_000;

const LOT = { id: "story", projectCode: "JN-2026-0500", projectName: "滨河大道改造工程", lot: "一标段" } as const;

/** What the bidder hands in: names and sizes in bytes. */
const FILES = [
  ["投标函.pdf", 180_000],
  ["已标价工程量清单.xlsx", 3_500_000],
  ["施工组织设计.docx", 0],
] as const;

/** Puts files into the window's own field, as a person picks them. */
async function pick(window: WalkPage): Promise<void> {
  await appears(window, "#bid-files");
  await window.evaluate((files) => {
    const transfer = new DataTransfer();
    for (const [name, size] of files) transfer.items.add(new File([new Uint8Array(size).fill(0x42)], name));
    const field = document.querySelector<HTMLInputElement>("#bid-files");
    if (field === null) return;
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, FILES);
  await appears(window, ".recipients");
}

/** Where it does not, what the platform's page says is why. */
async function mustSay(page: WalkPage, words: string, step: string, platform: WalkPage): Promise<void> {
  try {
    await says(page, words);
  } catch {
    const said = await platform.evaluate(() => document.querySelector("#message")?.textContent ?? "");
    throw new StoryError(step, said === "" ? "NO_ANSWER" : said);
  }
}

/** What stands in the place of the key on the day. */
interface Backup {
  readonly file: string;
  readonly passphrase: string;
}

/** Has the window save a backup key file; reads it from what the window gives the browser to download, and the passphrase from the screen. */
async function saveBackup(window: WalkPage, shoot: () => Promise<void>): Promise<Backup> {
  await window.evaluate(() => {
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (content: Blob | MediaSource) => {
      if (content instanceof Blob) void content.text().then((text) => (document.body.dataset["saved"] = text));
      return make(content);
    };
  });
  await window.click("#backup-save");
  await appears(window, "#passphrase");
  await appears(window, "body[data-saved]");
  await shoot();
  const made = await window.evaluate(() => ({
    file: document.body.dataset["saved"] ?? "",
    passphrase: Array.from(document.querySelectorAll("#passphrase span"), ({ textContent }) => textContent).join("-"),
  }));
  await window.click(".notice:has(#passphrase) .primary");
  return made;
}

/** Picks the file, and types what was written down. */
async function useBackup(window: WalkPage, { file, passphrase }: Backup): Promise<void> {
  await window.click("#use-backup");
  await appears(window, "#backup-file");
  await window.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "backup.cbkey"));
    const field = document.querySelector<HTMLInputElement>("#backup-file");
    if (field === null) return;
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, file);
  await window.type("#backup-passphrase", passphrase);
}

/** A bid's whole life: encrypted on the bidder's computer, handed in, tried, and opened on the day by the key that the bidder releases. */
export const bidStory = (stage: Stage<ExtensionBrowser>, say: (line: string) => void): Promise<void> =>
  tellBid(stage, say, false);

/** The same for a bidder whose key is gone on the day, and who saved a backup key file. */
export const backupStory = (stage: Stage<ExtensionBrowser>, say: (line: string) => void): Promise<void> =>
  tellBid(stage, say, true);

async function tellBid(stage: Stage<ExtensionBrowser>, say: (line: string) => void, losesKey: boolean): Promise<void> {
  const telling = tellStory(stage, say);
  const { step, approve, mustSucceed } = telling;
  const platform = stage.demo.platforms.a;
  const { bidding } = platform.admin;
  const shoot = (page: WalkPage, picture: string) => photograph(page, stage.pictures, picture);

  await step("投标人从江南CA取得双证书", () => obtain(stage, "jiangnan"));
  const site = await openSite(stage.browser, platform.origin);
  await step("在平台注册并登记", async () => {
    await site.click("register");
    await approve("01-approve-register", (approval) => approval.accept(pin));
    await mustSucceed(site, "注册");
    await site.fillForm("南京市玄武区北京东路1号", "张三");
    await approve("02-approve-save-registration", (approval) => approval.accept(null));
    await mustSucceed(site, "登记");
  });

  const openingAt = Date.now() + OPENS_AFTER_MS;
  bidding.lots.announce({ ...LOT, openingAt });
  const page = await stage.browser.open(`${platform.origin}/bid?lot=${LOT.id}`);
  let backup: Backup | null = null;
  await step("选择投标文件，在本机加密，试解密", async () => {
    await bringToFront(page);
    await appears(page, "#encrypt:not([hidden])");
    await page.click("#encrypt");
    const { page: window, accept } = await approvalOf(stage.browser);
    await pick(window);
    await shoot(window, "03-approve-encrypt");
    await accept(pin);
    await mustSay(window, "加密完成，已试解密成功。", "加密", page);
    await shoot(window, "04-encrypted");
    if (losesKey) backup = await saveBackup(window, () => shoot(window, "04-passphrase"));
    await window.close();
  });
  await step("上传加密投标文件，取得带时间戳的回执，存到本机", async () => {
    await bringToFront(page);
    await appears(page, "#upload:not([disabled])");
    await page.click("#upload");
    await mustSay(page, "提交成功", "上传", page);
    await appears(page, "#keep-receipt:not([hidden])");
    await page.click("#keep-receipt");
    await mustSay(page, "回执已存到本机", "保存回执", page);
    await shoot(page, "05-receipt");
  });
  const bid = bidding.bids.find(LOT.id, uscc);
  if (bid === null) throw new StoryError("上传", "NOT_SUBMITTED");
  const { packageId } = bid.verified;

  await step("试解密：同一把锁打得开这份标书", async () => {
    await bringToFront(page);
    const asked = page.evaluate(
      (id) =>
        (
          window as unknown as { sharedCertificate: { rehearse(options: object): Promise<{ readiness: string }> } }
        ).sharedCertificate.rehearse({ packageId: id }),
      packageId,
    );
    const { page: dialog, accept } = await approvalOf(stage.browser);
    await accept(pin);
    await mustSay(dialog, "试解密成功", "试解密", page);
    await shoot(dialog, "06-rehearsed");
    must((await asked).readiness !== "red", "试解密", "NOT_READY");
    await dialog.close();
  });

  if (losesKey) {
    await step("CA锁丢失：这台电脑上没有证书了", async () => {
      const keys = join(stage.desk.home, "keys");
      for (const file of await readdir(keys)) await rm(join(keys, file), { recursive: true });
    });
  }

  await step("开标时间到，主持人发出带时间戳的解密指令", async () => {
    await new Promise((wait) => setTimeout(wait, Math.max(0, openingAt + 1000 - Date.now())));
    const host = await stage.browser.open(`${platform.origin}/host?lot=${LOT.id}#${bidding.operatorCode}`);
    await bidding.hall.begin(bidding.lots.find(LOT.id));
    await shoot(host, "07-host");
    await host.close();
  });
  const hall = await stage.browser.open(`${platform.origin}/hall?lot=${LOT.id}`);
  const how = losesKey ? "用备用密钥文件和开启码解密" : "我要解密";
  await step(`${how}：只交出这份标书的密钥，开标室才读得出`, async () => {
    await bringToFront(hall);
    await appears(hall, "#decrypt:not([hidden]):not([disabled])");
    await hall.click("#decrypt");
    const { page: window, accept } = await approvalOf(stage.browser);
    if (backup !== null) await useBackup(window, backup);
    await shoot(window, "08-approve-decrypt");
    await accept(backup === null ? pin : null);
    await appears(hall, "#outcome[data-status=opened], #ladder:not([hidden])");
    await bidding.hall.idle();
    await shoot(hall, "09-hall");
  });
  await step("平台打开标书，文件与投标人加密的一致", () => {
    const { status, files, troubles } = bidding.hall.seat(LOT.id, uscc);
    must(status === "opened", "开标", troubles.at(-1)?.code ?? status);
    const opened = files.map(({ name, size }) => `${name} ${size}`);
    must(opened.join() === FILES.map(([name, size]) => `${name} ${size}`).join(), "开标", "OTHER_FILES");
    return Promise.resolve();
  });
}
