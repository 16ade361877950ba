/**
 * What may go wrong between handing in and opening (解密失败的救济), each with what brings the bid back. A rung has two acts: before the opening, and at it; so
 * several can be told at one computer, with one opening for all.
 */
import { appears, says } from "../walk/clerk.ts";
import { type Lock, obtainLock } from "../walk/locks.ts";
import { type ExtensionBrowser, photograph } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";
import { type Answer, type Clerk, openClerk, withPin } from "./bidder.ts";
import { must, StoryError, tellStory, type Telling } from "./story.ts";

const { uscc, pin } = BIDDER;

/** A bidder who has a lock of the first CA, and is known to the platform. */
export interface Scene {
  readonly stage: Stage<ExtensionBrowser>;
  readonly telling: Telling;
  readonly clerk: Clerk;
  /** Of the first CA. It is inserted between acts. */
  readonly lock: Lock;
  /** Of the second CA; made at first use, and inserted from then on. */
  spare(): Promise<Lock>;
}

export interface Rung {
  before(openingAt: number): Promise<void>;
  /** The opening time has come, or will within seconds. */
  at(): Promise<void>;
}

export type MakeRung = (scene: Scene) => Rung;

export function openScene(stage: Stage<ExtensionBrowser>, telling: Telling, lock: Lock): Scene {
  let spare: Promise<Lock> | null = null;
  return {
    stage,
    telling,
    clerk: openClerk(stage, telling),
    lock,
    spare: () => (spare ??= obtainLock(stage.demo, stage.desk, "lingbei")),
  };
}

/** Encrypts and hands in. */
async function submit({ clerk }: Scene, lotId: string, answer: Answer = withPin): Promise<string> {
  const window = await clerk.encrypt(lotId, `${lotId}-1-encrypt`, answer);
  await window.close();
  return (await clerk.handIn(lotId, `${lotId}-2-receipt`)).verified.packageId;
}

/** On the day another lock is inserted: the window says which one it must be, and goes on by itself once that is there. */
export const wrongKey: MakeRung = (scene) => {
  const { clerk, lock, telling, stage } = scene;
  const lotId = "wrong-key";
  return {
    async before(openingAt) {
      clerk.announce(lotId, openingAt);
      await telling.step("用江南CA的锁加密并提交", () => submit(scene, lotId));
    },
    async at() {
      const other = await scene.spare();
      await telling.step("开标日插的是另一家CA的锁", () => lock.pullOut());
      await clerk.begin(lotId);
      await telling.step("窗口说明须用哪一把：CA、尾号、有效期；换上以后自动继续，解密成功", () =>
        clerk.decrypt(lotId, "wrong-key-4-right", async (approval) => {
          await says(approval.page, "插错锁");
          const said = await approval.text();
          await photograph(approval.page, stage.pictures, "wrong-key-3-named");
          must((await approval.certificates()).usable === 0, "插错锁", "WRONG_KEY_OFFERED");
          for (const named of [`尾号${lock.tail()}`, `${lock.authority}，有效期至`, other.tail()]) {
            must(said.includes(named), "插错锁", `NOT_NAMED ${named}`);
          }
          await lock.insert();
          await appears(approval.page, "input[name=certificate]:checked");
          await approval.accept(pin);
        }),
      );
      clerk.mustBeOpened(lotId);
    },
  };
};

/** Another lock of the same 统一社会信用代码 was a recipient from the beginning; the first one is gone. */
export const secondRecipient: MakeRung = (scene) => {
  const { clerk, lock, telling, stage } = scene;
  const lotId = "second-recipient";
  return {
    async before(openingAt) {
      clerk.announce(lotId, openingAt);
      await telling.step("备用锁也插着，用江南CA的锁加密：窗口列出两把都能打开", async () => {
        const spare = await scene.spare();
        await submit(scene, lotId, async (approval) => {
          await approval.choose(lock.authority);
          await says(approval.page, `您的备用证书：${spare.authority}，尾号${spare.tail()}`);
          await approval.accept(pin);
        });
      });
    },
    async at() {
      await telling.step("江南CA的锁丢失", () => lock.pullOut());
      await clerk.begin(lotId);
      await telling.step("备用锁解密成功", () => clerk.decrypt(lotId, "second-recipient-3-spare"));
      clerk.mustBeOpened(lotId);
      const { troubles } = stage.demo.platforms.a.admin.bidding.hall.seat(lotId, uscc);
      must(troubles.length === 0, "备用锁", troubles[0]?.code ?? "");
      await lock.insert();
    },
  };
};

/**
 * The certificate is renewed while bids depend on the old one. Where the old key is kept the bid still opens; where it is gone with a new lock,
 * 我的标书 says so in time, and the bid is encrypted and handed in again.
 */
export const renewed: MakeRung = (scene) => {
  const { clerk, lock, telling, stage } = scene;
  const [kept, again] = ["renewed-kept", "renewed-again"] as const;
  let fresh: Lock | null = null;
  return {
    async before(openingAt) {
      for (const id of [kept, again]) {
        clerk.announce(id, openingAt);
        await telling.step(`用旧证书加密并提交（${id}）`, () => submit(scene, id));
      }
      await telling.step("到CA更换证书，旧密钥留在锁里：我的标书提示，仍打得开", async () => {
        await lock.renew();
        const list = await clerk.readBids("证书已更换。旧证书的密钥还在", "renewed-3-kept");
        must((await list.evaluate(() => document.querySelector(".bid-red"))) === null, "更换证书", "BID_LOST");
        await list.close();
      });
      await telling.step("补办了一把新锁，没有旧密钥：我的标书说打不开，须重新加密并上传", async () => {
        await lock.pullOut();
        fresh = await obtainLock(stage.demo, stage.desk, "jiangnan");
        const list = await clerk.readBids("证书已更换，这份标书将无法解密。请重新加密并上传。", "renewed-4-gone");
        await list.close();
      });
      await telling.step("截止前用新锁重新加密、上传、试解密", async () => {
        await clerk.rehearse(await submit(scene, again), "renewed-5-rehearsed");
      });
      await telling.step("平台收下新的一份，旧的一份不再提醒", async () => {
        const list = await clerk.readBids("已由新文件替代", "renewed-6-superseded");
        const quiet = await list.evaluate(() => {
          const cards = document.querySelectorAll(".bid-superseded");
          cards[0]?.scrollIntoView();
          return cards.length;
        });
        must(quiet === 1, "旧的一份", "NOT_SUPERSEDED");
        await photograph(list, stage.pictures, "renewed-6-superseded");
        await list.close();
        await fresh?.pullOut();
        await lock.insert();
      });
    },
    async at() {
      await clerk.begin(kept);
      await telling.step("换过证书的锁有旧密钥：旧标书照样解密", () => clerk.decrypt(kept, "renewed-7-kept"));
      clerk.mustBeOpened(kept);
      await lock.pullOut();
      await fresh?.insert();
      await clerk.begin(again);
      await telling.step("新锁解密重新上传的那一份", () => clerk.decrypt(again, "renewed-8-again"));
      clerk.mustBeOpened(again);
      await fresh?.pullOut();
      await lock.insert();
    },
  };
};

const POSTPONED_MS = 12_000;

/** 延期: a newer notice moves the opening; an order for the old time gets no key, the one for the new time does. */
export const postponed: MakeRung = (scene) => {
  const { clerk, telling, stage } = scene;
  const { bidding, origin } = { ...stage.demo.platforms.a.admin, ...stage.demo.platforms.a };
  const lotId = "postponed";

  /** What a page gets that passes this order on. */
  async function pass(order: Uint8Array): Promise<string> {
    const keyBlock = bidding.bids.find(lotId, uscc)?.verified.keyBlock ?? new Uint8Array(0);
    const page = await stage.browser.open(`${origin}/hall?lot=${lotId}`);
    const texts = [keyBlock, order].map((bytes) => Buffer.from(bytes).toString("base64url"));
    const code = await page.evaluate(
      ([keyBlock, order]) =>
        (window as unknown as { sharedCertificate: { decrypt(options: object): Promise<unknown> } }).sharedCertificate
          .decrypt({ keyBlock, order })
          .then(
            () => "RELEASED",
            (error: { code: string }) => error.code,
          ),
      texts,
    );
    await page.close();
    return code;
  }

  return {
    async before(openingAt) {
      clerk.announce(lotId, openingAt);
      await telling.step("按原定开标时间加密并提交", () => submit(scene, lotId));
      await telling.step("平台延期，发出更新的开标通知；本机记下新的时间", async () => {
        const { openingAt: later } = clerk.announce(lotId, openingAt + POSTPONED_MS);
        const page = await clerk.visit(lotId);
        await says(page, "第2次（已改期）");
        const known = async () => {
          const { bids } = JSON.parse(await stage.desk.host(["bids", "--json"])) as {
            bids: { lot: { openingTime: string } }[];
          };
          return bids.some(({ lot }) => Date.parse(lot.openingTime) === later);
        };
        for (let tries = 0; !(await known()); tries++) must(tries < 20, "延期", "NOTICE_NOT_KEPT");
      });
    },
    async at() {
      const lot = bidding.lots.find(lotId);
      const [first] = lot.notices;
      if (first === undefined) throw new StoryError("延期", "NO_NOTICE");
      await telling.step("原定时间到：平台发不出解密指令，还没有到开标时间", async () => {
        const waitMs = Date.parse(first.said.openingTime) + 1000 - Date.now();
        await new Promise((wait) => setTimeout(wait, Math.max(0, waitMs)));
        const refused = await bidding.hall.begin(lot).then(
          () => "BEGUN",
          (error: { code?: string }) => error.code ?? "",
        );
        must(refused === "OPENING_NOT_BEGUN", "延期", refused);
      });
      await telling.step("按旧通知发出的解密指令：本机不交密钥", async () => {
        const old = { ...lot, id: `${lotId}-old`, newest: first };
        await bidding.hall.begin(old);
        const refused = await pass(bidding.hall.order(old.id)?.der ?? new Uint8Array(0));
        must(refused === "ORDER_REFUSED", "延期", refused);
      });
      await clerk.begin(lotId);
      await telling.step("新的开标时间到，解密成功", () => clerk.decrypt(lotId, "postponed-3-opened"));
      clerk.mustBeOpened(lotId);
    },
  };
};

/** A rung by itself, with an opening so long after the notice. */
const tellRung =
  (make: MakeRung, opensAfterMs: number) =>
  async (stage: Stage<ExtensionBrowser>, say: (line: string) => void): Promise<void> => {
    const telling = tellStory(stage, say);
    const lock = await telling.step("投标人从江南CA取得锁", () => obtainLock(stage.demo, stage.desk, "jiangnan"));
    const scene = openScene(stage, telling, lock);
    await telling.step("在平台注册并登记", () => scene.clerk.register());
    const rung = make(scene);
    await rung.before(Date.now() + opensAfterMs);
    await rung.at();
  };

export const wrongKeyStory = tellRung(wrongKey, 30_000);
export const secondRecipientStory = tellRung(secondRecipient, 30_000);
/** A page may ask ten times in a minute: what is asked at the opening has to be in another one. */
export const renewedStory = tellRung(renewed, 65_000);
export const postponedStory = tellRung(postponed, 25_000);
