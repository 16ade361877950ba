import { BIDDER, openBrowser, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import type { Demo } from "@certbridge/demo";
import { demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import { resolve } from "node:path";
import { alone, type Figure, median, type Part } from "../figure.ts";
import { visit } from "../../tests/integration/demo/visitor.ts";
import { makeToken } from "../../tests/unit/verify/world.ts";
import { newId } from "../native/program.ts";
import { openTap, readTap, timeCalls } from "../native/tapped.ts";
import { logIn, type Round } from "./round.ts";

/**
 * How long a login takes, in Chromium with the real host and a server that verifies; the person's own time is left out.
 *
 * `login.warm` is the way to the window, the way back after the click, and the server's judgement; its hops are measured inside
 * the same logins, the program's part by a tap between browser and program. `login.warm-above-hops` is the work beyond an empty
 * verb over the same route. The route with nothing done is a login that the person declines: page, relay, background, window,
 * person, and back. So it is, in medians of one run, the sum of
 *
 * - after the click: an agreed login without the program's part, less a declined one and less what carrying an empty verb to the
 *   program takes;
 * - in the program: `login` less `status`, less the deliberate slowness of the PIN (docs/decisions/0004), call by call, with no browser running;
 * - at the server: judging the token, less a request that judges nothing, by requests without a browser.
 */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/bench/login";

/** What the browser takes to carry an empty verb to the program and its answer back, without the program's own part. */
async function timeCarriage(stage: Stage, log: string, rounds: number): Promise<number> {
  const worker = await stage.browser.worker();
  const whole = await worker.evaluate(
    async (name, ids) => {
      interface Port {
        postMessage(message: object): void;
        onMessage: { addListener(listener: () => void): void };
        disconnect(): void;
      }
      const { chrome } = globalThis as unknown as { chrome: { runtime: { connectNative(name: string): Port } } };
      const port = chrome.runtime.connectNative(name);
      let answered: () => void = () => undefined;
      port.onMessage.addListener(() => answered());
      const took: number[] = [];
      for (const id of ids) {
        const startedAt = performance.now();
        await new Promise<void>((resolve) => {
          answered = resolve;
          port.postMessage({ v: 1, id, operation: "status", params: { extension: "0.1.0" } });
        });
        took.push(performance.now() - startedAt);
      }
      port.disconnect();
      return took;
    },
    HOST_NAME,
    Array.from({ length: rounds * 3 }, newId),
  );
  const inProgram = (await readTap(log, "status")).slice(-whole.length);
  return median(whole.map((ms, call) => ms - (inProgram[call] ?? Number.NaN)));
}

/** What a server does for a login beyond answering, by the same requests without a browser; the first judgements warm it. */
async function timeServer(demo: Demo, rounds: number): Promise<number> {
  const { gm, authorities, platforms } = demo;
  const bidder = demoBidders.nanling;
  const keys = obtainKeys(gm, authorities.jiangnan, bidder);
  platforms.a.admin.addAccount(bidder);
  const [login, empty] = [[], []] as [number[], number[]];
  for (let round = 0; round < 20 + rounds; round++) {
    const visitor = visit(demo, platforms.a);
    const askedAt = performance.now();
    const nonce = String((await visitor.post("/api/nonce")).json["nonce"]);
    empty.push(performance.now() - askedAt);
    const token = makeToken(keys, nonce, { origin: platforms.a.origin });
    const handedInAt = performance.now();
    const { json } = await visitor.post("/api/login", token);
    login.push(performance.now() - handedInAt);
    if (json["ok"] !== true) throw new Error(`a login without a browser was refused: ${String(json["code"])}`);
  }
  return median(login.slice(20)) - median(empty.slice(20));
}

/** What the program does for a login beyond stretching the PIN and beyond what every verb takes. */
async function timeProgram(stage: Stage, rounds: number): Promise<{ readonly workMs: number; readonly pinMs: number }> {
  const origin = stage.demo.platforms.a.origin;
  const nonce = Buffer.alloc(32, 7).toString("base64url");
  const calls = await timeCalls(stage, FOLDER, 3 * rounds, "login", (program, keyId) => {
    const consentId = newId();
    return { consentId, keyId, sealedPin: program.seal(consentId, pin), origin, nonce };
  });
  return {
    workMs: median(calls.map(({ ms, emptyMs, pinMs }) => ms - emptyMs - pinMs)),
    pinMs: median(calls.map(({ pinMs }) => pinMs)),
  };
}

/** Median time of a page's call of `status`, in ms. */
async function timeStatus(site: Site, rounds: number): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < rounds * 3; round++) {
    samples.push(
      await site.page.evaluate(async () => {
        const { sharedCertificate } = window as unknown as { sharedCertificate: { status(): Promise<unknown> } };
        const startedAt = performance.now();
        await sharedCertificate.status();
        return performance.now() - startedAt;
      }),
    );
  }
  return median(samples);
}

/** Time that the page script and the relay add to a load: the same page in two browsers, of which one has the extension without this site. */
async function timeInject(stage: Stage, rounds: number): Promise<number> {
  const plain = await openBrowser({
    extension: resolve("build/extension/chrome-mv3"),
    profile: resolve(FOLDER, "plain"),
    resolverRules: stage.demo.resolverRules,
    tlsSpki: stage.demo.tls.spkiSha256Base64,
    headless: true,
    language: "zh-CN",
  });
  const load = async (browser: Stage["browser"]) => {
    const page = await browser.open(`${stage.demo.platforms.a.origin}/`);
    const took = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return (entry?.domContentLoadedEventEnd ?? 0) - (entry?.responseEnd ?? 0);
    });
    await page.close();
    return took;
  };
  try {
    const [withScripts, without]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds * 3; round++) {
      withScripts.push(await load(stage.browser));
      without.push(await load(plain));
    }
    return median(withScripts) - median(without);
  } finally {
    await plain.close();
  }
}

const totalOf = ({ windowMs, backMs, serverMs }: Round) => windowMs + backMs + serverMs;

export const login: Part = {
  metrics: ["login.warm", "login.cold", "login.hop", "login.inject"],
  async measure({ rounds }) {
    const stage = await openStage({ folder: FOLDER });
    let open = true;
    try {
      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await stage.desk.obtainCertificates({ name, pin, issue });
      for (const platform of Object.values(stage.demo.platforms)) platform.admin.addAccount({ uscc, name });
      const serverMs = await timeServer(stage.demo, rounds);
      const log = await openTap(stage, FOLDER);
      const { a, b } = stage.demo.platforms;
      const sites = [await openSite(stage.browser, a.origin), await openSite(stage.browser, b.origin)] as const;

      // Once in its life a browser waits for a policy that may come: docs/admin/policy.md.
      await timeStatus(sites[0], 1);
      await stage.browser.killWorker();
      const cold = await logIn(stage, sites[0], true);
      const [agreed, declined]: [Round[], Round[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        // Ten requests a minute are an origin's share: the platforms take turns.
        const [first, second] = round % 2 === 0 ? [sites[1], sites[0]] : sites;
        agreed.push(await logIn(stage, first, true));
        declined.push(await logIn(stage, second, false));
      }
      const inProgram = (await readTap(log, "login")).slice(1);
      const back = agreed.map(({ backMs }, round) => backMs - (inProgram[round] ?? Number.NaN));
      const medianOf = (of: readonly Round[], part: keyof Round) => median(of.map((round) => round[part]));
      const statusMs = await timeStatus(sites[0], rounds);
      const carriageMs = await timeCarriage(stage, log, rounds);
      const injectMs = await timeInject(stage, rounds);
      await stage.close();
      open = false;
      const program = await timeProgram(stage, rounds);

      const above = {
        extension: median(back) - medianOf(declined, "backMs") - carriageMs,
        program: program.workMs,
        server: serverMs,
      };
      const hops = {
        "login.hop.window": medianOf(agreed, "windowMs"),
        "login.hop.program": median(inProgram),
        "login.hop.program.pin": program.pinMs,
        "login.hop.back": median(back),
        "login.hop.server": medianOf(agreed, "serverMs"),
        "login.hop.status": statusMs,
        "login.hop.carriage": carriageMs,
      };
      const figures: Figure[] = [
        alone("login.warm", "chromium", median(agreed.map(totalOf)), "ms"),
        alone("login.cold", "chromium", totalOf(cold), "ms"),
        ...Object.entries(hops).map(([metric, ms]) => alone(metric, "chromium", ms, "ms")),
        alone("login.warm-above-hops", "chromium", above.extension + above.program + above.server, "ms", {
          floor: 20,
          aim: 8,
        }),
        ...Object.entries(above).map(([room, ms]) => alone(`login.warm-above-hops.${room}`, "chromium", ms, "ms")),
        alone("login.inject", "chromium", injectMs, "ms"),
      ];
      return figures;
    } finally {
      if (open) await stage.close();
    }
  },
};
