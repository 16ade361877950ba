/** Which of the bids that this computer made for a lot is to be opened: drafts, and what was withdrawn, open as well as the one that counts. */
import type { WhichBid } from "@certbridge/protocol/surface";
import { beijingTime, t } from "../../../platform/i18n.ts";
import { Notice } from "../../parts/notice.tsx";
import { safeName } from "../../parts/text.ts";

/** As many letters of a package id as people compare. */
const TAIL = 6;

export function Which({ which: { bid, isNewest } }: { which: WhichBid }) {
  if (bid === null) {
    return (
      <Notice tone="warning" title={t("decrypt_which_unknown")}>
        <p>{t("decrypt_which_unknown_note")}</p>
      </Notice>
    );
  }
  const { packageId, madeAt, receiptAt } = bid;
  const receipt =
    receiptAt === null ? t("decrypt_which_no_receipt") : t("decrypt_which_received", beijingTime(receiptAt));
  return (
    <>
      <p class="which-bid">
        {t("decrypt_which")} {t("decrypt_which_made", safeName(packageId.slice(-TAIL), TAIL), beijingTime(madeAt))} ·{" "}
        {receipt}
      </p>
      {!isNewest && (
        <Notice tone="warning" title={t("decrypt_which_other")}>
          <p>{t("decrypt_which_other_note")}</p>
        </Notice>
      )}
    </>
  );
}
