/** Time on a screen. */
import { useEffect, useState } from "preact/hooks";

/** The time now, in milliseconds since 1970, renewed once a second while the page is visible. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = setInterval(() => {
      if (document.visibilityState === "visible") setNow(Date.now());
    }, 1000);
    return () => clearInterval(tick);
  }, []);
  return now;
}

/** Calls again and again while the page is visible and `wanted` holds, and at once when it becomes visible. */
export function usePolling(wanted: boolean, everyMs: number, poll: () => unknown): void {
  useEffect(() => {
    if (!wanted) return undefined;
    const pollIfSeen = () => {
      if (document.visibilityState === "visible") poll();
    };
    const timer = setInterval(pollIfSeen, everyMs);
    document.addEventListener("visibilitychange", pollIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", pollIfSeen);
    };
  }, [wanted, everyMs]);
}
