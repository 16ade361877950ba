/** One key released: asked for by a platform's page, agreed to in the window by a robot, posted to the hall, verified there. */
import { appears, approvalOf, BIDDER, bringToFront, type Site, type Stage } from "@certbridge/demo/walk";
import { clickedAt, shownAt } from "../login/round.ts";

/** Moments of one release, measured where they happen: in the page and in the approval window. Milliseconds. */
export interface Release {
  /** From the page's call until the approval window shows what is asked. */
  readonly windowMs: number;
  /** From the person's click until the page has the released key. */
  readonly backMs: number;
  /** From posting it until the hall has said that it is the package's. */
  readonly hallMs: number;
}

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

export async function release(stage: Stage, { page }: Site, lotId: string): Promise<Release> {
  await bringToFront(page);
  const asking = page.evaluate(releaseInPage, lotId);
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "form.approval-form");
  const shown = await shownAt(approval);
  const clicked = clickedAt(approval);
  await approval.accept(BIDDER.pin);
  const decided = await clicked;
  const { calledAt, gotAt, takenAt, code } = await asking;
  if (code !== "ok") throw new Error(`a released key was refused: ${code}`);
  // The window says when the key was released, and stays.
  await approval.page.close();
  return { windowMs: shown - calledAt, backMs: gotAt - decided, hallMs: takenAt - gotAt };
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

/** A login that the person declines: how long the window takes for which nothing has to be read. Milliseconds from the call. */
export async function timeWindow(stage: Stage, { page }: Site): Promise<number> {
  await bringToFront(page);
  const asking = page.evaluate(askInPage, Buffer.alloc(32, 7).toString("base64url"));
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "form.approval-form");
  const shown = await shownAt(approval);
  await approval.decline();
  return shown - (await asking);
}
