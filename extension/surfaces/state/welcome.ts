/** The welcome page's state: how far the set-up is, and who waits for it. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { OperationError } from "@certbridge/protocol/errors";
import type { WelcomeView } from "@certbridge/protocol/surface";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { asOperationError, createResource } from "./resource.ts";

export interface Welcome {
  readonly view: ReadonlySignal<WelcomeView | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  refresh(): Promise<void>;
  /** Brings the waiting tab and its window to the front. */
  goBack(id: string): Promise<void>;
  start(): () => void;
}

/**
 * Where the program was missing when the page opened and is ready now, the person is taken back to what waits without
 * being asked, once; where it was ready all along, a button offers it.
 */
export function createWelcome(): Welcome {
  const resource = createResource(() => askBackground("welcome", {}));
  const problem = signal<OperationError | null>(null);
  let wasMissing = false;

  const goBack = async (id: string) => {
    try {
      await askBackground("showWaiting", { id });
      problem.value = null;
    } catch (error) {
      problem.value = asOperationError(error);
    }
  };
  const refresh = async () => {
    await resource.refresh();
    problem.value = resource.problem.value;
    const view = resource.value.value;
    if (view === null) return;
    const arrived = wasMissing && view.host.state === "ready";
    wasMissing = view.host.state !== "ready";
    if (arrived && view.waiting !== null) await goBack(view.waiting.id);
  };
  return {
    view: resource.value,
    problem,
    refresh,
    goBack,
    start() {
      void refresh();
      return onSurfaceChange(() => void refresh());
    },
  };
}
