/** The popup's state: the tab over which it opened, and what the background says of it. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { OperationError } from "@certbridge/protocol/errors";
import type { PopupView, SurfaceParams } from "@certbridge/protocol/surface";
import { requestSite } from "../../platform/permissions.ts";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { activeTab, reloadTab } from "../../platform/surface-tabs.ts";
import { asOperationError, createResource } from "./resource.ts";

/** What came of asking for the browser's permission in this popup. */
type Granting = "not-asked" | "granted" | "denied";

export interface Popup {
  readonly view: ReadonlySignal<PopupView | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  readonly granting: ReadonlySignal<Granting>;
  refresh(): Promise<void>;
  /** Must be called in the click itself: the browser asks the person. */
  grant(origin: string): void;
  /** Does one of the two things that the popup can do, then shows what became of it. */
  act<N extends "resumePin" | "showWaiting">(verb: N, params: SurfaceParams<N>): Promise<void>;
  reloadPage(): Promise<void>;
  start(): () => void;
}

export function createPopup(): Popup {
  const failure = signal<OperationError | null>(null);
  const granting = signal<Granting>("not-asked");
  const resource = createResource(async () => {
    const tab = await activeTab();
    return askBackground("popup", tab ?? { tabId: -1, url: "" });
  });
  const refresh = async () => {
    failure.value = null;
    await resource.refresh();
  };
  return {
    view: resource.value,
    problem: computed(() => failure.value ?? resource.problem.value),
    granting,
    refresh,
    grant(origin) {
      const asked = requestSite(origin);
      void asked
        .then((granted) => {
          granting.value = granted ? "granted" : "denied";
          return refresh();
        })
        .catch((error: unknown) => {
          failure.value = asOperationError(error);
        });
    },
    async act(verb, params) {
      try {
        await askBackground(verb, params);
        await refresh();
      } catch (error) {
        failure.value = asOperationError(error);
      }
    },
    async reloadPage() {
      const tab = await activeTab();
      if (tab !== null) await reloadTab(tab.tabId);
      window.close();
    },
    start() {
      void refresh();
      return onSurfaceChange(() => void resource.refresh());
    },
  };
}
