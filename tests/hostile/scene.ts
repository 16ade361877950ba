/** What a hostile page meets: a person with a key, one browser for all pages, and somebody who counts windows and consents. */
import { approvalOf, BIDDER, openStage, type Stage } from "@certbridge/demo/walk";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page, Target } from "puppeteer";
import { renewShare } from "../support/share.ts";
import { type Attack, serveCorpus } from "./corpus.ts";

export interface Scene {
  readonly stage: Stage;
  /** Opens the attack's page in a window of its own, in front. */
  open(attack: Attack, search?: string): Promise<Page>;
  /** Opens any page so. */
  show(url: string): Promise<Page>;
  /** What the attack's page reports, when it does. */
  said(attack: Attack): Promise<Said>;
  /** Lets a page go on that waits for the test. */
  tell(attack: Attack): void;
  /** Consents that the companion program has taken so far. */
  consents(): Promise<number>;
  /** Approval windows that ever opened, and those that are open. */
  windows(): { readonly opened: number; readonly open: number };
  /** Each attack starts with the whole of its origin's share. */
  renew(): Promise<void>;
  /** Closes what the attack opened. */
  clear(): Promise<void>;
}

export type Said = Readonly<Record<string, unknown>>;

const PREFIX = "said ";
const WAIT_MS = 40_000;

const isApproval = (target: Target) => target.type() === "page" && target.url().includes("approval.html?id=");

/** @param folder emptied first */
export async function openScene(folder: string, corpus: readonly Attack[]): Promise<Scene> {
  const told = new Set<string>();
  const stage = await openStage({ folder, knowsNoPolicy: true, aside: serveCorpus(corpus, told) });
  const { demo, desk } = stage;
  const { browser } = stage.browser;
  const { name, uscc, pin } = BIDDER;
  await desk.obtainCertificates({
    name,
    pin,
    issue: (request) => Promise.resolve(demo.authorities.jiangnan.issue(request, { name, uscc })),
  });
  demo.platforms.a.admin.addAccount({ name, uscc });

  // Each request's window has an address of its own.
  const opened = new Set<string>();
  const note = (target: Target) => isApproval(target) && opened.add(target.url());
  browser.on("targetcreated", note);
  browser.on("targetchanged", note);
  // Titles are read from the browser: no script runs in a page whose prototypes are spoilt.
  const session = await browser.target().createCDPSession();
  const own = new Set(await browser.pages());
  const originOf = ({ on }: Attack) => (on === "platform" ? demo.platforms.a.origin : demo.phish.origin);
  const pathOf = ({ id }: Attack) => `/hostile/${id}.html`;

  const show: Scene["show"] = async (url) => {
    const page = await browser.newPage({ type: "window" });
    await page.goto(url);
    return page;
  };

  return {
    stage,
    show,
    open: (attack, search = "") => show(originOf(attack) + pathOf(attack) + search),
    async said(attack) {
      for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
        const { targetInfos } = await session.send("Target.getTargets");
        const found = targetInfos.find(({ url, title }) => url.includes(pathOf(attack)) && title.startsWith(PREFIX));
        if (found !== undefined) return JSON.parse(found.title.slice(PREFIX.length)) as Said;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      throw new Error(`${attack.id} reports nothing`);
    },
    tell: (attack) => void told.add(pathOf(attack)),
    consents: async () => (await readdir(join(desk.home, "consents"))).length,
    windows: () => ({ opened: opened.size, open: browser.targets().filter(isApproval).length }),
    renew: () => renewShare(stage.browser, ["requests", "wrongPins"]),
    async clear() {
      const pages = (await browser.pages()).filter((page) => !own.has(page) && !page.url().includes("welcome.html"));
      await Promise.all(pages.map((page) => page.close().catch(() => undefined)));
    },
  };
}

/** Does as the page's description says: opens it, answers its windows, and gives what it reports. */
export async function meet(scene: Scene, attack: Attack): Promise<Said> {
  await scene.open(attack);
  for (let at = 0; at < attack.windows && attack.person === "declines"; at++) {
    const approval = await approvalOf(scene.stage.browser);
    const text = await approval.text();
    for (const words of attack.shows) if (!text.includes(words)) throw new Error(`no ${words} in: ${text}`);
    for (const words of attack.hides) if (text.includes(words)) throw new Error(`there is ${words} in: ${text}`);
    await approval.decline();
  }
  return scene.said(attack);
}

/** A part that the corpus's descriptions cannot tell: a hand that clicks, a file that changes. It expects by itself. */
export type Story = (scene: Scene, attack: Attack) => Promise<void>;
export type Stories = Readonly<Record<string, Story>>;
