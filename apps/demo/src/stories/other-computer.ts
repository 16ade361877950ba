import { join } from "node:path";
import { obtainLock } from "../walk/locks.ts";
import { BIDDER, openComputer, type Stage } from "../walk/stage.ts";
import { openClerk } from "./bidder.ts";
import { must, tellStory } from "./story.ts";

const { pin } = BIDDER;

const OPENS_AFTER_MS = 75_000;

/** Of the file in which the key travels. */
const PASSPHRASE = "journey-of-a-key";

/**
 * The computer that made the bids is gone on the day. The key came to another one before, in a file; one bid is opened there with nothing
 * else, the other after 我的标书 was brought there too, and tried.
 */
export async function otherComputerStory(stage: Stage, say: (line: string) => void): Promise<void> {
  const telling = tellStory(stage, say);
  const { step } = telling;
  const [alone, brought] = ["other-computer-1", "other-computer-2"] as const;
  const folder = join(stage.pictures, "..", "second-computer");
  const files = { key: join(folder, "key.p12"), bids: join(folder, "open-bids.json") };

  const office = openClerk(stage, telling);
  const lock = await step("投标人从江南CA取得双证书", () => obtainLock(stage.demo, stage.desk, "jiangnan"));
  await step("在平台注册并登记", () => office.register());
  const openingAt = Date.now() + OPENS_AFTER_MS;
  for (const id of [alone, brought]) {
    office.announce(id, openingAt);
    await step(`在办公室的电脑上加密并提交（${id}）`, async () => {
      const window = await office.encrypt(id, `${id}-1-encrypt`);
      await window.close();
      await office.handIn(id, `${id}-2-receipt`);
    });
  }

  const other = await step("另一台电脑：自己的互认通程序、自己的浏览器", () => openComputer(stage.demo, folder));
  try {
    await step("证书导出成文件，导入那台电脑", async () => {
      const secrets = `${pin}\n${PASSPHRASE}\n`;
      await stage.desk.host(["keys", "export", "--key", lock.tail(), "--out", files.key, "--pin-stdin"], secrets);
      await other.desk.host(["keys", "import", files.key, "--pin-stdin"], secrets);
    });
    await step("标书记录也导出成文件", () => stage.desk.host(["bids", "export", files.bids]));
    const clerk = openClerk(stage, telling, { browser: other.browser });
    await step("在那里登录平台", () => clerk.login());
    await step("办公室的电脑坏了", () => lock.pullOut());
    await step("那里没有这些标书的记录", async () => {
      const list = await clerk.readBids("还没有等待开标的标书", "other-computer-3-no-record");
      await list.close();
    });
    await clerk.begin(alone);
    await step("只凭平台给的密钥块和解密指令，解密成功", () => clerk.decrypt(alone, "other-computer-4-alone"));
    clerk.mustBeOpened(alone);

    await step("标书记录导入那里：我的标书列出", async () => {
      const said = await other.desk.host(["bids", "import", files.bids]);
      must((said.match(/✓/g) ?? []).length === 2, "导入标书记录", said);
      const list = await clerk.readBids("滨河大道改造工程 一标段", "other-computer-5-brought");
      await list.close();
    });
    await clerk.begin(brought);
    await step("再解密第二份", () => clerk.decrypt(brought, "other-computer-6-brought"));
    clerk.mustBeOpened(brought);
  } finally {
    await other.browser.close();
  }
}
