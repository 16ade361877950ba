import { appears, type Approval, approvalOf, type Site } from "../walk/clerk.ts";
import { type ExtensionBrowser, photograph, type WalkPage } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";

/** A story that did not come to its end, with the code that the extension or a server gave. */
export class StoryError extends Error {
  readonly code: string;

  constructor(step: string, code: string) {
    super(`${step}: ${code}`);
    this.name = "StoryError";
    this.code = code;
  }
}

/** Carries a story: says each step with its time, takes pictures, and stops at what is not as told. */
export interface Telling {
  readonly stage: Stage<ExtensionBrowser>;
  /** Runs a step and says that it was done. */
  step<T>(words: string, use: () => Promise<T>): Promise<T>;
  /** Waits for the approval window, takes its picture, and answers it. */
  approve(picture: string, answer: (approval: Approval<WalkPage>) => Promise<void>): Promise<void>;
  /** The page's action must have succeeded. @throws StoryError with its code */
  mustSucceed(site: Site<WalkPage>, step: string): Promise<void>;
  photograph(site: Site<WalkPage>, name: string): Promise<void>;
}

export function tellStory(stage: Stage<ExtensionBrowser>, say: (line: string) => void): Telling {
  return {
    stage,
    async step(words, use) {
      const startedAt = performance.now();
      const result = await use();
      say(`✓ ${String(Math.round(performance.now() - startedAt)).padStart(5)} ms  ${words}`);
      return result;
    },
    async approve(picture, answer) {
      const approval = await approvalOf(stage.browser);
      await appears(approval.page, "form.approval-form");
      await photograph(approval.page, stage.pictures, picture);
      await answer(approval);
      await approval.gone();
    },
    async mustSucceed(site, step) {
      const outcome = await site.outcome();
      if (outcome !== "done") throw new StoryError(step, outcome);
    },
    photograph: (site, name) => photograph(site.page, stage.pictures, name),
  };
}

/** What the story says of a server must be so. */
export function must(holds: boolean, step: string, code: string): void {
  if (!holds) throw new StoryError(step, code);
}

/** Obtains the bidder's certificates from one of the CAs; gives the signing certificate. */
export async function obtain(stage: Stage<ExtensionBrowser>, which: "jiangnan" | "lingbei"): Promise<Uint8Array> {
  const { name, uscc, pin } = BIDDER;
  let signing: Uint8Array = new Uint8Array(0);
  await stage.desk.obtainCertificates({
    name,
    pin,
    issue: (request) => {
      const pair = stage.demo.authorities[which].issue(request, { name, uscc });
      signing = pair.signing;
      return Promise.resolve(pair);
    },
  });
  return signing;
}
