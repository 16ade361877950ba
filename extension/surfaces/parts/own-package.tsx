/** Which bid it is that its bidder opens for their own use, and what that means. */
import type { OwnPackage } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { size } from "./format.ts";
import { Lot } from "./lot.tsx";
import { Notice } from "./notice.tsx";
import { Opening } from "./opening.tsx";
import { safeName } from "./text.ts";

export function OwnPackageFacts({ own, now }: { own: OwnPackage; now: number }) {
  const { lot, len, isForeign, recipientTails } = own;
  const isEarly = Date.parse(lot.openingTime) > now;
  const tails = recipientTails.map((tail) => t("key_tail", safeName(tail, 8)));
  return (
    <>
      <Opening openingTime={lot.openingTime} now={now} />
      {isEarly ? (
        <Notice tone="warning" title={t("own_early")} id="early">
          <p>{t("own_early_note")}</p>
        </Notice>
      ) : (
        <p>{t("own_plain")}</p>
      )}
      <Lot lot={lot} />
      <p class="soft">
        {t("own_size")} {size(len)}
        {tails.length > 0 && ` · ${t("own_recipients", tails.join(" / "))}`}
      </p>
      {isForeign === true && (
        <p class="asker-note" id="foreign-package">
          {t("own_foreign")}
        </p>
      )}
    </>
  );
}
