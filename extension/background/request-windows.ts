/** The window of a request: opened, and found again by a worker that came after the one that opened it. */
import type { Journey } from "./journey.ts";
import type { RequestRecord } from "./records.ts";

/** Time for an open window to load and to say that it is there. */
const INTRODUCTION_MS = 700;

export function createRequestWindows({ records, windows, means }: Pick<Journey, "records" | "windows" | "means">) {
  async function showWindow(record: RequestRecord): Promise<void> {
    if (!(await windows.exists(record))) await openWindow(record.id);
  }

  async function openWindow(id: string): Promise<void> {
    const windowId = await windows.open(id);
    const record =
      (await records.advance(id, "reading", { windowId })) ?? (await records.advance(id, "asking", { windowId }));
    if (record !== null) return;
    // It ended while its window opened.
    const ended = await records.get(id);
    if (ended === null || ended.state === "answered") await windows.close({ windowId });
  }

  /** The worker died before it wrote the window down: where one is open it says so when asked, else there is none yet. */
  async function findWindow(id: string): Promise<void> {
    means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
    await new Promise((resolve) => setTimeout(resolve, INTRODUCTION_MS));
    const record = await records.get(id);
    if (record?.state === "asking" && record.windowId === null) await openWindow(id);
  }

  return { showWindow, openWindow, findWindow };
}
