/** One key released: asked for by a platform's page, agreed to in the window by a robot, posted to the hall, verified there. */
import { appears, type Approval, approvalOf, BIDDER, bringToFront, type Site, type Stage } from "@certbridge/demo/walk";
import { clickedAt, shownAt } from "../login/round.ts";

/** Moments of one release, measured where they happen: in the page and in the approval window. Milliseconds. */
export interface Release {
  /** From the page's call until the approval window's document begins. */
  readonly askMs: number;
  /** From the page's call until the approval window shows what is asked. */
  readonly windowMs: number;
  /** From the person's click until the page has the released key. */
  readonly backMs: number;
  /** When the page began to post it, by the clock that all processes have. */
  readonly postedAt: number;
  /** From posting it until the page has the hall's word that it is the package's. */
  readonly answerMs: number;
}

/** How long a window took that was asked for in vain: the same two moments. */
export type Declined = Pick<Release, "askMs" | "windowMs">;

interface Marks {
  readonly calledAt: number;
  readonly gotAt: number;
  readonly takenAt: number;
  readonly code: string;
}

/** Runs in the page: what the hall's own script does, with nothing shown in between. */
async function releaseInPage(lotId: string): Promise<Marks> {
  const { sharedCertificate } = window as unknown as {
    sharedCertificate: { decrypt(options: object): Promise<{ readonly releasedKey: string }> };
  };
  const now = () => performance.timeOrigin + performance.now();
  // It asks every second how things are, and so the line to the hall is open.
  const { mine } = (await (await fetch(`/api/lots/${lotId}/hall`)).json()) as {
    readonly mine: { readonly keyBlock: string; readonly order: string };
  };
  const calledAt = now();
  const { releasedKey } = await sharedCertificate.decrypt({ keyBlock: mine.keyBlock, order: mine.order });
  const gotAt = now();
  const answer = await fetch(`/api/lots/${lotId}/key`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ releasedKey }),
  });
  const { ok, code = "" } = (await answer.json()) as { ok: boolean; code?: string };
  return { calledAt, gotAt, takenAt: now(), code: ok ? "ok" : code };
}

const begunAt = ({ page }: Approval): Promise<number> => page.evaluate(() => performance.timeOrigin);

export async function release(stage: Stage, { page }: Site, lotId: string): Promise<Release> {
  await bringToFront(page);
  const asking = page.evaluate(releaseInPage, lotId);
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "form.approval-form");
  const shown = await shownAt(approval);
  const began = await begunAt(approval);
  const clicked = clickedAt(approval);
  await approval.accept(BIDDER.pin);
  const decided = await clicked;
  const { calledAt, gotAt, takenAt, code } = await asking;
  if (code !== "ok") throw new Error(`a released key was refused: ${code}`);
  // The window says when the key was released, and stays.
  await approval.page.close();
  const askMs = began - calledAt;
  return { askMs, windowMs: shown - calledAt, backMs: gotAt - decided, postedAt: gotAt, answerMs: takenAt - gotAt };
}

/** Runs in the page. */
async function askInPage(nonce: string): Promise<number> {
  const { sharedCertificate } = window as unknown as {
    sharedCertificate: { login(options: object): Promise<unknown> };
  };
  const calledAt = performance.timeOrigin + performance.now();
  // Declined, it has no answer.
  await sharedCertificate.login({ nonce }).catch(() => undefined);
  return calledAt;
}

/** A login that the person declines: its window is opened for what needs no reading. */
export async function decline(stage: Stage, { page }: Site): Promise<Declined> {
  await bringToFront(page);
  const asking = page.evaluate(askInPage, Buffer.alloc(32, 7).toString("base64url"));
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "form.approval-form");
  const shown = await shownAt(approval);
  const began = await begunAt(approval);
  await approval.decline();
  const calledAt = await asking;
  return { askMs: began - calledAt, windowMs: shown - calledAt };
}
