/** The companion program's state, where a surface has nothing else to ask for. */
import type { ReadonlySignal } from "@preact/signals";
import type { HostState } from "@certbridge/protocol/surface";
import { askBackground, onSurfaceChange } from "../../platform/surface-messages.ts";
import { createResource } from "./resource.ts";

export interface Program {
  readonly state: ReadonlySignal<HostState | null>;
  refresh(): Promise<void>;
  start(): () => void;
}

export function createProgram(): Program {
  const resource = createResource(() => askBackground("program", {}));
  const { refresh } = resource;
  return {
    state: resource.value,
    refresh,
    start() {
      void refresh();
      return onSurfaceChange(() => void refresh());
    },
  };
}

/** The person trusts the identity that they are looking at. @throws OperationError HOST_CHANGED where it is another by now */
export function trustHost(publicKey: string): Promise<void> {
  return askBackground("trustHost", { publicKey });
}
