import { approvalOf, type Approval, BIDDER, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { pbkdf2Sync } from "node:crypto";
import { alone, type Figure, median, type Part } from "./figure.ts";

/**
 * How long a login takes, in Chromium with the real host and a server that verifies; the person's own time is left out.
 *
 * The clock runs from the page's call to the server's answer. From it is taken the time from the moment when the approval
 * window can be used to the moment when the person agrees. What the deliberate slowness of a wrong PIN's guess costs (the key
 * stretching) is a hop of its own, and so is every other part of the way, each measured by itself; `warm-above-hops` is what
 * is left: the work that login does beyond travelling.
 */

const { name, uscc, pin } = BIDDER;

interface Timed {
  readonly totalMs: number;
  readonly personMs: number;
}

/** Marks of the page: when it called, when the server had answered. */
async function logIn(stage: Stage, site: Site): Promise<Timed> {
  await site.logOut();
  await site.page.evaluate(() => {
    const marks = window as unknown as { calledAt: number; answeredAt: number };
    document
      .querySelector("#login")
      ?.addEventListener("click", () => (marks.calledAt = performance.timeOrigin + performance.now()), {
        capture: true,
      });
    new MutationObserver(() => {
      if (document.body.dataset["state"] === "done") marks.answeredAt = performance.timeOrigin + performance.now();
    }).observe(document.body, { attributes: true });
  });
  await site.click("login");
  const approval = await approvalOf(stage.browser);
  const readyAt = await ready(approval);
  const agreedAt = await agree(approval);
  await site.outcome();
  const { calledAt, answeredAt } = await site.page.evaluate(() => {
    const marks = window as unknown as { calledAt: number; answeredAt: number };
    return { calledAt: marks.calledAt, answeredAt: marks.answeredAt };
  });
  return { totalMs: answeredAt - calledAt, personMs: agreedAt - readyAt };
}

/** When the window's form was there: its first paint with the PIN field. */
function ready(approval: Approval): Promise<number> {
  return approval.page.evaluate(() => {
    const [paint] = performance.getEntriesByType("paint");
    return performance.timeOrigin + (paint?.startTime ?? performance.now());
  });
}

/** Types and agrees; gives the moment of the click. */
async function agree(approval: Approval): Promise<number> {
  const clicked = approval.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        document.addEventListener("submit", () => resolve(performance.timeOrigin + performance.now()), {
          capture: true,
        });
      }),
  );
  await approval.accept(pin);
  return clicked;
}

/** Median time of a call inside the page, in ms. */
async function timeInPage(site: Site, rounds: number, call: "status" | "server"): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < rounds * 3; round++) {
    samples.push(
      await site.page.evaluate(async (what) => {
        const { sharedCertificate } = window as unknown as { sharedCertificate: { status(): Promise<unknown> } };
        const startedAt = performance.now();
        if (what === "status") await sharedCertificate.status();
        else await (await fetch("/api/nonce", { method: "POST" })).json();
        return performance.now() - startedAt;
      }, call),
    );
  }
  return median(samples);
}

/** Time from asking for the window to its form being there, as the extension opens it, without a request behind it. */
async function timeWindow(stage: Stage): Promise<number> {
  const worker = await stage.browser.worker();
  const startedAt = Date.now();
  await worker.evaluate(
    "chrome.windows.create({ type: 'popup', url: chrome.runtime.getURL('approval.html?id=AAAAAAAAAAAAAAAAAAAAAA'), width: 460, height: 720 })",
  );
  const page = await stage.browser.extensionPage("approval.html");
  await page.waitForSelector("main");
  const shownAt = await page.evaluate(() => {
    const [paint] = performance.getEntriesByType("paint");
    return performance.timeOrigin + (paint?.startTime ?? performance.now());
  });
  await page.close();
  return shownAt - startedAt;
}

/** The deliberate slowness of one PIN: the key stretching of the software store, PBKDF2-HMAC-SM3 with 600,000 rounds. */
function timePin(): number {
  const startedAt = performance.now();
  pbkdf2Sync(pin, Buffer.alloc(16, 7), 600_000, 32, "sm3");
  return performance.now() - startedAt;
}

/** Time that the page script and the relay add to a load: the same page with them, and on an origin without. */
async function timeInject(stage: Stage, rounds: number): Promise<number> {
  const load = async (origin: string) => {
    const page = await stage.browser.open(`${origin}/`);
    const took = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return (entry?.domContentLoadedEventEnd ?? 0) - (entry?.responseEnd ?? 0);
    });
    await page.close();
    return took;
  };
  const withScripts: number[] = [];
  const without: number[] = [];
  for (let round = 0; round < rounds; round++) {
    withScripts.push(await load(stage.demo.platforms.a.origin));
    without.push(await load("https://phish.demo.test"));
  }
  return median(withScripts) - median(without);
}

export const login: Part = {
  metrics: ["login.warm", "login.cold", "login.hop", "login.inject"],
  async measure({ rounds }) {
    const stage = await openStage({ folder: "build/bench/login" });
    try {
      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await stage.desk.obtainCertificates({ name, pin, issue });
      for (const platform of Object.values(stage.demo.platforms)) {
        platform.admin.addAccount({ uscc, name });
      }
      const sites = [
        await openSite(stage.browser, stage.demo.platforms.a.origin),
        await openSite(stage.browser, stage.demo.platforms.b.origin),
      ] as const;

      await stage.browser.killWorker();
      const cold = await logIn(stage, sites[0]);
      const warm: number[] = [];
      for (let round = 0; round < rounds; round++) {
        // Ten requests a minute are an origin's share: the platforms take turns.
        const { totalMs, personMs } = await logIn(stage, sites[round % 2 === 0 ? 1 : 0]);
        warm.push(totalMs - personMs);
      }
      const hops = {
        "login.hop.page-background-host": await timeInPage(sites[0], rounds, "status"),
        "login.hop.window": await timeWindow(stage),
        "login.hop.pin": median(Array.from({ length: rounds }, timePin)),
        "login.hop.server": await timeInPage(sites[0], rounds, "server"),
      };
      const warmMs = median(warm);
      const travelled = Object.values(hops).reduce((sum, ms) => sum + ms, 0) + hops["login.hop.server"];
      const figures: Figure[] = [
        alone("login.warm", "chromium", warmMs, "ms"),
        alone("login.cold", "chromium", cold.totalMs - cold.personMs, "ms"),
        ...Object.entries(hops).map(([metric, ms]) => alone(metric, "chromium", ms, "ms")),
        alone("login.warm-above-hops", "chromium", warmMs - travelled, "ms", { floor: 20, aim: 8 }),
        alone("login.inject", "chromium", await timeInject(stage, rounds), "ms"),
      ];
      return figures;
    } finally {
      await stage.close();
    }
  },
};
