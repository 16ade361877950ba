/** The administrator's policy as the options page explains it. */
import type { ReadonlySignal } from "@preact/signals";
import type { OperationError } from "@certbridge/protocol/errors";
import type { PolicyView } from "@certbridge/protocol/surface";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { createResource } from "./resource.ts";

export interface ExplainedPolicy {
  readonly view: ReadonlySignal<PolicyView | null>;
  readonly problem: ReadonlySignal<OperationError | null>;
  start(): () => void;
}

export function createExplainedPolicy(): ExplainedPolicy {
  const resource = createResource(() => askBackground("policy", {}));
  return {
    view: resource.value,
    problem: resource.problem,
    start() {
      void resource.refresh();
      return onSurfaceChange(() => void resource.refresh());
    },
  };
}
