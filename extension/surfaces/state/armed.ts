/**
 * Buttons that cannot be pressed by accident: a window that pops up under a moving hand takes no click and no Enter for the
 * first 800 ms that it is in front, nor after what it shows has changed.
 */
import { useEffect, useState } from "preact/hooks";

const ARM_AFTER_MS = 800;

/** True once this very view has been visible and in front for 800 ms. @param seen what the person is looking at */
export function useArmed(seen: string): boolean {
  const [armedFor, setArmedFor] = useState<string | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = () => {
      clearTimeout(timer);
      setArmedFor(null);
      if (document.visibilityState === "visible") timer = setTimeout(() => setArmedFor(seen), ARM_AFTER_MS);
    };
    begin();
    document.addEventListener("visibilitychange", begin);
    window.addEventListener("focus", begin);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", begin);
      window.removeEventListener("focus", begin);
    };
  }, [seen]);
  return armedFor === seen;
}
