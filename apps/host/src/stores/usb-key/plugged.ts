/** Waits until another set of devices is plugged in, over all libraries. */
import { createHash } from "node:crypto";
import type { Alarm } from "../../clock.ts";
import type { Mark, Watcher } from "./watcher.ts";

export interface Plugged {
  /**
   * Answers as soon as the mark is another than `seen`, or after so long.
   *
   * @param seen the last one; null answers at once
   * @returns null where there is nothing to watch
   */
  changed(watchers: readonly Watcher[], seen: Mark | null, waitMs: number): Promise<Mark | null>;
  /** Whoever waits is answered, and nobody waits any more: the program ends. */
  wake(): void;
}

export function openPlugged(alarm: Alarm): Plugged {
  const waiting = new Set<() => void>();
  let isOver = false;
  return {
    async changed(watchers, seen, waitMs) {
      if (watchers.length === 0) return null;
      const mark = (): Mark =>
        createHash("sha256")
          .update(watchers.map((watcher) => watcher.mark()).join())
          .digest("base64url");
      if (isOver || seen === null || mark() !== seen) return mark();
      await new Promise<void>((resolve) => {
        const done = () => {
          waiting.delete(done);
          quiet();
          for (const stop of stops) stop();
          resolve();
        };
        const quiet = alarm(waitMs, done);
        const stops = watchers.map((watcher) => watcher.onChange(done));
        waiting.add(done);
      });
      return mark();
    },
    wake() {
      isOver = true;
      for (const done of waiting) done();
    },
  };
}
