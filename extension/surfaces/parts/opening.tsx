/** When bids are opened: the one time of which people must be sure, so that it is large, with how long it still is. */
import { beijingTime, t } from "../../platform/i18n.ts";
import { timeSpan } from "./format.ts";

interface OpeningProps {
  openingTime: string;
  now: number;
}

export function Opening({ openingTime, now }: OpeningProps) {
  const leftMs = Date.parse(openingTime) - now;
  return (
    <p class="opening">
      <span class="soft">{t("lot_opening")}</span>
      <time class="opening-time" dateTime={openingTime}>
        {beijingTime(openingTime)}
      </time>
      <span class="soft">{leftMs > 0 ? t("lot_opening_in", timeSpan(leftMs)) : t("lot_opening_past")}</span>
    </p>
  );
}
