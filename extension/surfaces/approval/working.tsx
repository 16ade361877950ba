/** Long work: how far, how fast, how long still; and the way to end it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { size, timeSpan } from "../parts/format.ts";
import type { Progress } from "../state/progress.ts";
import type { wordsOf } from "./operations/index.tsx";

const HALF = 0.5;

/** Spoken only at these, and not at each step. */
const SPOKEN_EVERY = 25;

interface WorkingProps {
  words: NonNullable<ReturnType<typeof wordsOf>["working"]>;
  progress: Progress;
  cancel: () => void;
  /** Where it stands under a heading of the page; a window of its own has none. */
  heading?: "h1" | "h2";
}

export function Working({ words, progress, cancel, heading: Heading = "h1" }: WorkingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { share, rate, leftMs } = progress;
  const percent = Math.floor(share * 100);
  const spokenAt = percent - (percent % SPOKEN_EVERY);
  const [spoken, setSpoken] = useState("");
  useLayoutEffect(() => heading.current?.focus(), []);
  const step = t(share < HALF ? words.begins : words.ends);
  useEffect(() => setSpoken(`${step} ${t("encrypt_progress", spokenAt)}`), [spokenAt]);
  return (
    <>
      <Heading ref={heading} tabIndex={-1}>
        {step}
      </Heading>
      <progress class="progress" value={share} max={1} aria-label={step} />
      <p class="progress-words">
        <strong>{t("encrypt_progress", percent)}</strong>
        {rate !== null && <span>{t("encrypt_speed", size(rate))}</span>}
        {leftMs !== null && <span>{t("encrypt_left", timeSpan(leftMs))}</span>}
      </p>
      <p class="soft">{t(words.note)}</p>
      <span class="spoken" role="status">
        {spoken}
      </span>
      <div class="decision">
        <div class="decision-buttons">
          <button type="button" onClick={cancel}>
            {t(words.cancel)}
          </button>
        </div>
      </div>
    </>
  );
}
