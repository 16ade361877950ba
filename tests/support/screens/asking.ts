/** Requests as a page's own script makes them, and the windows in which they are answered. */
import { appears, approvalOf, type Approval, type Site, type Stage } from "@certbridge/demo/walk";
import type { Page } from "puppeteer";
import { renewShare } from "../share.ts";

/** Longer than any look at a window takes. */
const TIMEOUT_MS = 600_000;

/** A challenge of nobody's: what is answered here is judged by no server. */
const NONCE = "A".repeat(43);

/** What became of a request: "ok", or its code. */
export interface Asked {
  readonly approval: Approval;
  readonly outcome: Promise<string>;
}

/**
 * Has the page ask, and waits for the window. `options` is the page's own expression, evaluated there. Who looks at every window asks
 * more often than ten times a minute: then the minute is over.
 */
export async function ask(
  stage: Stage,
  site: Site,
  verb: "login" | "register" | "sign",
  options = `{ nonce: "${NONCE}" }`,
): Promise<Asked> {
  await site.page.bringToFront();
  const outcome = site.page
    .evaluate(
      `sharedCertificate.${verb}({ timeoutMs: ${TIMEOUT_MS}, ...${options} }).then(() => "ok", ({ code }) => code)`,
    )
    .then(String, () => "the page went away");
  const opened = approvalOf(stage.browser);
  // Told below, where the request ended instead.
  opened.catch(() => undefined);
  const first = await Promise.race([opened, outcome]);
  if (typeof first !== "string") return { approval: first, outcome };
  if (first !== "TOO_MANY_REQUESTS") throw new Error(`instead of a window: ${first}`);
  await renewShare(stage.browser);
  return ask(stage, site, verb, options);
}

const CONFIRM = "form.approval-form button[type=submit]";

/** Waits for the buttons to come alive, and presses the one that agrees. */
export async function confirm(page: Page): Promise<void> {
  await page.bringToFront();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await appears(page, `${CONFIRM}[aria-disabled=false]`);
  await page.click(CONFIRM);
}

/** The same request in a tab of its own, whose last words stay: the browser closes only the window that it opened. */
export async function besides(stage: Stage, { approval }: Asked): Promise<Page> {
  const page = await stage.browser.browser.newPage();
  await page.evaluateOnNewDocument(() => {
    window.close = () => undefined;
  });
  await page.goto(approval.page.url());
  await appears(page, ".asker");
  return page;
}
