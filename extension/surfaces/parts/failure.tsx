/** What went wrong with a whole surface, spoken at once; what can be done about it where there is something. */
import type { ComponentChildren } from "preact";
import type { OperationError } from "@certbridge/protocol/errors";
import { errorWords, t } from "../../platform/i18n.ts";
import { Notice } from "./notice.tsx";

interface FailureProps {
  /** Null while nothing is wrong. */
  problem: OperationError | null;
  actions?: ComponentChildren;
}

export function Failure({ problem, actions }: FailureProps) {
  if (problem === null) return null;
  return (
    <Notice tone="danger" role="alert" title={t("error_title")} actions={actions}>
      <p>{errorWords(problem)}</p>
    </Notice>
  );
}

/** For what may go well the next time. */
export function Retry({ again }: { again: () => void }) {
  return (
    <button type="button" onClick={again}>
      {t("retry")}
    </button>
  );
}
