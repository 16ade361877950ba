/** `rehearse` 试解密: does this key open the bid, long before the day. */
import type { Readiness } from "@certbridge/protocol/host";
import { beijingTime, type MessageKey, t } from "../../../platform/i18n.ts";
import { Lot } from "../../parts/lot.tsx";
import { Notice, type Tone } from "../../parts/notice.tsx";
import { Opening } from "../../parts/opening.tsx";
import { Findings } from "../../parts/preflight.tsx";
import { wantedWords, wrongKeyWords } from "../../parts/needed-key.ts";
import type { AskedOf, OperationView } from "./operation.ts";

const DONE: Readonly<Record<Readiness, { readonly tone: Tone; readonly words: MessageKey }>> = {
  green: { tone: "good", words: "rehearse_done_green" },
  amber: { tone: "warning", words: "rehearse_done_amber" },
  red: { tone: "danger", words: "rehearse_done_red" },
};

const neededFor = ({ bid }: AskedOf<"rehearse">) => (bid === null ? [] : [bid]);

export const rehearse: OperationView<"rehearse"> = {
  heading: "rehearse_heading",
  confirm: "rehearse_confirm",
  tells: ["rehearse_tells_result"],
  hindrance: ({ bid }) => (bid === null ? { title: "rehearse_unknown_title", words: "rehearse_unknown" } : null),
  wanted: (asked) => wantedWords(neededFor(asked)),
  noneFits: (asked, keys) => wrongKeyWords(neededFor(asked), keys),

  Body: ({ asked: { bid }, now }) =>
    bid === null ? null : (
      <>
        <p>{t("rehearse_body")}</p>
        <Opening openingTime={bid.lot.openingTime} now={now} />
        <Lot lot={bid.lot} />
        <p class="soft">
          {t("rehearse_made")} {beijingTime(bid.madeAt)} · {t("rehearse_last")}{" "}
          {bid.rehearsedAt === null ? t("rehearse_never") : beijingTime(bid.rehearsedAt)}
        </p>
      </>
    ),

  Done({ outcome: { readiness, results } }) {
    const { tone, words } = DONE[readiness];
    return (
      <Notice tone={tone} role="alert" title={t(words)}>
        <Findings results={results} />
        {readiness !== "red" && <p>{t("rehearse_done_note")}</p>}
      </Notice>
    );
  },
};
