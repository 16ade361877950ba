/** A key that is plugged in or pulled out shows at once (热插拔): the program says when, and nobody has to ask again by hand. */
import { useEffect } from "preact/hooks";
import { askBackground } from "../../platform/surface-messages.ts";

/** After a question that came to nothing, in ms: the program is gone, or cannot tell. */
const PAUSE_MS = 2000;
/** Between two questions, in ms: a program that answers without waiting is not asked without end. */
const GAP_MS = 200;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Calls at each change of what is plugged in, while `wanted` holds. */
export function useHotPlug(wanted: boolean, changed: () => unknown): void {
  useEffect(() => {
    if (!wanted) return undefined;
    const left = new AbortController();
    const follow = async () => {
      for (let seen: string | null = null; !left.signal.aborted;) {
        try {
          const { mark }: { mark: string | null } = await askBackground("awaitKeys", { seen });
          // No library is enrolled: no key comes or goes, and the program need not be kept for it.
          if (mark === null) return;
          if (!left.signal.aborted && seen !== null && mark !== seen) changed();
          seen = mark;
          await pause(GAP_MS);
        } catch {
          await pause(PAUSE_MS);
        }
      }
    };
    void follow();
    return () => left.abort();
  }, [wanted]);
}
