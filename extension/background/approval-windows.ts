import { closeWindow, focusWindow, onWindowClosed, openWindow, windowExists } from "../platform/windows.ts";
import type { RequestRecord } from "./records.ts";

/** A request, as far as its window is known. */
type Opened = Pick<RequestRecord, "windowId">;

/** The windows in which people are asked, one per request. */
export interface ApprovalWindows {
  open(id: string): Promise<number>;
  exists(record: Opened): Promise<boolean>;
  focus(record: Opened): Promise<void>;
  close(record: Opened): Promise<void>;
  onClosed(listener: (windowId: number) => unknown): void;
}

const WIDTH = 480;
const HEIGHT = 760;

export function createApprovalWindows(): ApprovalWindows {
  return {
    open: (id) => openWindow(`approval.html?id=${encodeURIComponent(id)}`, WIDTH, HEIGHT),
    exists: async ({ windowId }) => windowId !== null && windowExists(windowId),
    async focus({ windowId }) {
      if (windowId !== null) await focusWindow(windowId);
    },
    async close({ windowId }) {
      if (windowId !== null) await closeWindow(windowId);
    },
    onClosed: onWindowClosed,
  };
}
