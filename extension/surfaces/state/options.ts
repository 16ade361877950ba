/** The options page's state: which sites may ask, and adding one. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { OperationError } from "@certbridge/protocol/errors";
import type { OptionsView } from "@certbridge/protocol/surface";
import type { MessageKey } from "../../platform/i18n.ts";
import { readAddress } from "../../platform/addresses.ts";
import { requestSite } from "../../platform/permissions.ts";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { asOperationError, createResource } from "./resource.ts";

/** What just happened, to be said once: the sentence and the origin in it. */
export interface Outcome {
  readonly key: MessageKey;
  readonly origin: string;
  readonly good: boolean;
}

export interface Options {
  readonly view: ReadonlySignal<OptionsView | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  readonly outcome: ReadonlySignal<Outcome | null>;
  /** The origin that the last act was about; empty before there was one. */
  readonly about: ReadonlySignal<string>;
  /** Both must be called in the click itself: the browser asks the person. */
  grant(origin: string): Promise<void>;
  add(origin: string): Promise<void>;
  remove(origin: string): Promise<void>;
  start(): () => void;
}

/** What a person typed, as an origin; or why it is none. A path behind it is left out, a missing scheme is put before it. */
export function readOrigin(typed: string): { origin: string } | { problem: MessageKey } {
  const text = typed.trim();
  if (text === "") return { problem: "options_add_error_empty" };
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = readAddress(address);
  if (url === null) return { problem: "options_add_error_form" };
  if (url.protocol !== "https:") return { problem: "options_add_error_https" };
  if (url.username !== "" || url.password !== "" || !/^(\[.+\]|[^*]+\.[^*]+)$/.test(url.hostname)) {
    return { problem: "options_add_error_form" };
  }
  return { origin: url.origin };
}

export function createOptions(): Options {
  const resource = createResource(() => askBackground("options", {}));
  const problem = signal<OperationError | null>(null);
  const outcome = signal<Outcome | null>(null);
  const about = signal("");

  const refresh = async () => {
    await resource.refresh();
    problem.value = resource.problem.value;
  };
  const say = async (work: Promise<Outcome>) => {
    outcome.value = null;
    try {
      const said = await work;
      await refresh();
      outcome.value = said;
    } catch (error) {
      problem.value = asOperationError(error);
    }
  };
  return {
    view: resource.value,
    problem,
    outcome,
    about,
    grant(origin) {
      about.value = origin;
      const asked = requestSite(origin);
      return say(
        asked.then((granted) => ({
          key: granted ? "options_grant_done" : "options_grant_denied",
          origin,
          good: granted,
        })),
      );
    },
    async add(origin) {
      about.value = origin;
      if (resource.value.value?.blockedOrigins?.includes(origin) === true) {
        outcome.value = null;
        problem.value = new OperationError("BLOCKED_BY_POLICY", { policy: "blockedOrigins" });
        return;
      }
      if (resource.value.value?.sites.some(({ platform }) => platform.origin === origin)) {
        outcome.value = { key: "options_add_exists", origin, good: false };
        return;
      }
      const asked = requestSite(origin);
      await say(
        asked.then(async (granted): Promise<Outcome> => {
          if (!granted) return { key: "options_add_error_denied", origin, good: false };
          await askBackground("addSite", { origin });
          return { key: "options_added", origin, good: true };
        }),
      );
    },
    remove(origin) {
      about.value = origin;
      return say(askBackground("removeSite", { origin }).then(() => ({ key: "options_removed", origin, good: true })));
    },
    start() {
      void refresh();
      return onSurfaceChange(() => void refresh());
    },
  };
}
