/** How long the request may still be answered: seen every second, spoken at a few moments only. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { duration } from "../parts/format.ts";

const SPOKEN_AT_MS = [60_000, 30_000, 10_000] as const;

/** The last moment that has been reached: the announcement changes only when this does. */
function lastReached(leftMs: number): number | null {
  return [...SPOKEN_AT_MS].reverse().find((at) => leftMs <= at) ?? null;
}

interface CountdownProps {
  expiresAt: number;
  now: number;
  expire: () => void;
}

export function Countdown({ expiresAt, now, expire }: CountdownProps) {
  const leftMs = expiresAt - now;
  const reached = lastReached(leftMs);
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    if (reached !== null && leftMs > 0) setSpoken(t("approval_remaining_spoken", duration(reached)));
  }, [reached]);
  useEffect(() => {
    if (leftMs <= 0) expire();
  }, [leftMs <= 0]);
  return (
    <>
      <span class={reached === null ? "countdown" : "countdown countdown-near"} aria-hidden="true">
        {t("approval_remaining", duration(leftMs))}
      </span>
      <span class="spoken" role="status">
        {spoken}
      </span>
    </>
  );
}
