import { BIDDER, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { pbkdf2Sync } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { alone, type Figure, median, type Part } from "../figure.ts";
import { newId, startProgram } from "../native/program.ts";
import { logIn, type Round } from "./round.ts";

/**
 * How long a login takes, in Chromium with the real host and a server that verifies; the person's own time is left out.
 *
 * `login.warm` is the way to the window, the way back after the click, and the server's judgement; its hops are measured inside
 * the same logins, the program's part by a tap between browser and program. `login.warm-above-hops` is the work beyond an empty
 * verb over the same route. The route with nothing done is a login that the person declines: page, relay, background, window,
 * person, and back. So it is, in medians of one run, the sum of
 *
 * - after the click: an agreed login without the program's part, less a declined one;
 * - in the program: `login` less `status`, less the deliberate slowness of the PIN (docs/decisions/0004), with no browser running;
 * - at the server: judging the token, less a request that judges nothing.
 */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/bench/login";

/** The stretching of one PIN as the software store does it: PBKDF2-HMAC-SM3, 600,000 rounds. */
function timePin(): number {
  const startedAt = performance.now();
  pbkdf2Sync(pin, Buffer.alloc(16, 7), 600_000, 32, "sm3");
  return performance.now() - startedAt;
}

/** Puts the tap between the browser and the program; gives the file it writes to. */
async function openTap(stage: Stage): Promise<string> {
  const manifestPath = join(FOLDER, "profile", "NativeMessagingHosts", `${HOST_NAME}.json`);
  const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as { path: string };
  const [log, tap] = [resolve(FOLDER, "tap.log"), resolve(FOLDER, "tap")];
  const words = [process.execPath, "--no-warnings", resolve("bench/native/tap.ts"), log, manifest.path];
  await writeFile(log, "");
  await writeFile(tap, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  await chmod(tap, 0o755);
  await writeFile(manifestPath, JSON.stringify({ ...manifest, path: tap }));
  await stage.browser.killWorker();
  return log;
}

/** The program's times for `login`, in the order of the logins. */
async function readTap(log: string): Promise<readonly number[]> {
  const lines = (await readFile(log, "utf8")).split("\n");
  return lines.flatMap((line) => (line.startsWith("login ") ? [Number(line.slice(6))] : []));
}

/** What the program does for a login beyond answering and beyond stretching the PIN; the three take turns. */
async function timeProgram(stage: Stage, rounds: number): Promise<{ readonly workMs: number; readonly pinMs: number }> {
  // Run again, install opens one place more.
  await stage.desk.install(stage.demo.registryPath);
  const program = await startProgram(join(stage.desk.home, "certbridge-host"));
  try {
    const { result } = await program.ask("keys", {});
    const [key] = (result as { keys: readonly { keyId: string }[] }).keys;
    const origin = stage.demo.platforms.a.origin;
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    const params = () => {
      const consentId = newId();
      return { consentId, keyId: key?.keyId, sealedPin: program.seal(consentId, pin), origin, nonce };
    };
    const [login, status, stretching] = [[], [], []] as [number[], number[], number[]];
    for (let round = 0; round < rounds; round++) {
      status.push((await program.ask("status", { extension: "0.1.0" })).ms);
      login.push((await program.ask("login", params())).ms);
      stretching.push(timePin());
    }
    const pinMs = median(stretching);
    return { workMs: median(login) - median(status) - pinMs, pinMs };
  } finally {
    program.close();
  }
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
    without.push(await load(stage.demo.phish.origin));
  }
  return median(withScripts) - median(without);
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
      const log = await openTap(stage);
      const { a, b } = stage.demo.platforms;
      const sites = [await openSite(stage.browser, a.origin), await openSite(stage.browser, b.origin)] as const;

      await stage.browser.killWorker();
      const cold = await logIn(stage, sites[0], true);
      const [agreed, declined]: [Round[], Round[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        // Ten requests a minute are an origin's share: the platforms take turns.
        const [first, second] = round % 2 === 0 ? [sites[1], sites[0]] : sites;
        agreed.push(await logIn(stage, first, true));
        declined.push(await logIn(stage, second, false));
      }
      const inProgram = (await readTap(log)).slice(1);
      const back = agreed.map(({ backMs }, round) => backMs - (inProgram[round] ?? Number.NaN));
      const medianOf = (of: readonly Round[], part: keyof Round) => median(of.map((round) => round[part]));
      const emptyServerMs = await timeInPage(sites[0], rounds, "server");
      const statusMs = await timeInPage(sites[0], rounds, "status");
      const injectMs = await timeInject(stage, rounds);
      await stage.close();
      open = false;
      const program = await timeProgram(stage, rounds);

      const above = {
        extension: median(back) - medianOf(declined, "backMs"),
        program: program.workMs,
        server: medianOf(agreed, "serverMs") - emptyServerMs,
      };
      const hops = {
        "login.hop.window": medianOf(agreed, "windowMs"),
        "login.hop.program": median(inProgram),
        "login.hop.program.pin": program.pinMs,
        "login.hop.back": median(back),
        "login.hop.server": medianOf(agreed, "serverMs"),
        "login.hop.status": statusMs,
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
