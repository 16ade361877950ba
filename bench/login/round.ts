import { appears, approvalOf, type Approval, BIDDER, type Site, type Stage } from "@certbridge/demo/walk";

/** Moments of one login, measured where they happen: in the page and in the approval window. Milliseconds. */
export interface Round {
  /** From the page's call until the approval window shows what is asked. */
  readonly windowMs: number;
  /** From the person's click until the page has its answer. */
  readonly backMs: number;
  /** From handing the token in until the server has judged it; 0 where the person declined. */
  readonly serverMs: number;
}

interface Marks {
  calledAt: number;
  handedInAt: number;
  endedAt: number;
}

/** Leaves marks in the page: when it called, when it handed the token in, when all was over. */
async function mark(site: Site): Promise<void> {
  await site.page.evaluate(() => {
    const now = () => performance.timeOrigin + performance.now();
    const marks: Marks = { calledAt: 0, handedInAt: 0, endedAt: 0 };
    Object.assign(window, { marks });
    const button = document.querySelector("#login");
    button?.addEventListener("click", () => (marks.calledAt = now()), { capture: true });
    new MutationObserver(() => {
      if (document.body.dataset["state"] !== "busy") marks.endedAt = now();
    }).observe(document.body, { attributes: true });
    const { fetch } = window;
    window.fetch = (input, init) => {
      if (input === "/api/login") marks.handedInAt = now();
      return fetch(input, init);
    };
  });
}

/** By then everything that is asked has been drawn; the buttons are alive only later. */
const DRAWN_MS = 300;

/** When the window showed its largest content, which is the form with what is asked. Its heading comes a frame or two before that. */
export function shownAt(approval: Approval): Promise<number> {
  return approval.page.evaluate(
    (drawnMs) =>
      new Promise<number>((resolve) => {
        let shown = 0;
        new PerformanceObserver((list) => {
          shown = performance.timeOrigin + (list.getEntries().at(-1)?.startTime ?? 0);
        }).observe({ type: "largest-contentful-paint", buffered: true });
        setTimeout(() => resolve(shown), drawnMs);
      }),
    DRAWN_MS,
  );
}

/** When the person clicks one of the two buttons. */
export function clickedAt(approval: Approval): Promise<number> {
  return approval.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        document.addEventListener(
          "click",
          (event) => {
            if (event.target instanceof HTMLButtonElement) resolve(performance.timeOrigin + performance.now());
          },
          { capture: true },
        );
      }),
  );
}

/** One login of a page, agreed to or declined. */
export async function logIn(stage: Stage, site: Site, agreed: boolean): Promise<Round> {
  await site.logOut();
  await mark(site);
  await site.click("login");
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "form.approval-form");
  const shown = await shownAt(approval);
  const clicked = clickedAt(approval);
  await (agreed ? approval.accept(BIDDER.pin) : approval.decline());
  const decided = await clicked;
  const outcome = await site.outcome();
  if (outcome !== (agreed ? "done" : "USER_DECLINED")) throw new Error(`a login ended with ${outcome}`);
  const { calledAt, handedInAt, endedAt } = await site.page.evaluate(
    () => (window as unknown as { marks: Marks }).marks,
  );
  const answeredAt = agreed ? handedInAt : endedAt;
  return { windowMs: shown - calledAt, backMs: answeredAt - decided, serverMs: endedAt - answeredAt };
}
