import { appears, type Approval } from "../walk/clerk.ts";
import { obtainLock } from "../walk/locks.ts";
import { type ExtensionBrowser, photograph, type WalkPage } from "../walk/page.ts";
import type { Stage } from "../walk/stage.ts";
import { openClerk, withPin } from "./bidder.ts";
import { tellStory } from "./story.ts";

/** From the notice to the opening: long enough to encrypt and hand in, short enough to wait for. */
const OPENS_AFTER_MS = 20_000;

const LOT = "2026-0500";

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

/** Picks the file, types what was written down, and agrees. */
async function useBackup({ page, accept }: Approval<WalkPage>, { file, passphrase }: Backup): Promise<void> {
  await page.click("#use-backup");
  await appears(page, "#backup-file");
  await page.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "backup.cbkey"));
    const field = document.querySelector<HTMLInputElement>("#backup-file");
    if (field === null) return;
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, file);
  await page.type("#backup-passphrase", passphrase);
  await accept(null);
}

/** A bid's whole life: encrypted on the bidder's computer, handed in, tried, and opened on the day by the key that the bidder releases. */
export const bidStory = (stage: Stage<ExtensionBrowser>, say: (line: string) => void): Promise<void> =>
  tellBid(stage, say, false);

/** The same for a bidder whose key is gone on the day, and who saved a backup key file. */
export const backupStory = (stage: Stage<ExtensionBrowser>, say: (line: string) => void): Promise<void> =>
  tellBid(stage, say, true);

async function tellBid(stage: Stage<ExtensionBrowser>, say: (line: string) => void, losesKey: boolean): Promise<void> {
  const telling = tellStory(stage, say);
  const { step } = telling;
  const platform = stage.demo.platforms.a;
  const clerk = openClerk(stage, telling);
  const shoot = (page: WalkPage, picture: string) => photograph(page, stage.pictures, picture);

  const lock = await step("投标人从江南CA取得双证书", () => obtainLock(stage.demo, stage.desk, "jiangnan"));
  await step("在平台注册并登记", () => clerk.register());
  clerk.announce(LOT, Date.now() + OPENS_AFTER_MS);
  const backup = await step("选择投标文件，在本机加密，试解密", async () => {
    const window = await clerk.encrypt(LOT, "03-approve-encrypt");
    const saved = losesKey ? await saveBackup(window, () => shoot(window, "04-passphrase")) : null;
    await window.close();
    return saved;
  });
  const { verified } = await step("上传加密投标文件，取得带时间戳的回执，存到本机", () =>
    clerk.handIn(LOT, "05-receipt"),
  );
  await step("试解密：同一把锁打得开这份标书", () => clerk.rehearse(verified.packageId, "06-rehearsed"));
  if (losesKey) await step("CA锁丢失：这台电脑上没有证书了", () => lock.pullOut());

  await step("开标时间到，主持人发出带时间戳的解密指令", async () => {
    await clerk.begin(LOT);
    const { operatorCode } = platform.admin.bidding;
    const host = await stage.browser.open(`${platform.origin}/host?lot=${LOT}#${operatorCode}`);
    await shoot(host, "07-host");
    await host.close();
  });
  const how = losesKey ? "用备用密钥文件和开启码解密" : "我要解密";
  await step(`${how}：只交出这份标书的密钥，开标室才读得出`, () =>
    clerk.decrypt(LOT, "08-approve-decrypt", (approval) =>
      backup === null ? withPin(approval) : useBackup(approval, backup),
    ),
  );
  await step("平台打开标书，文件与投标人加密的一致", () => Promise.resolve(clerk.mustBeOpened(LOT)));
}
