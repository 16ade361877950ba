/** Which project and lot it is about, in the platform's own words. */
import { t } from "../../platform/i18n.ts";
import { safeName } from "./text.ts";

interface LotProps {
  lot: {
    readonly platformName: string;
    readonly projectCode: string;
    readonly projectName: string | null;
    readonly lot: string;
    readonly profile?: "legacy";
  };
}

export function Lot({ lot }: LotProps) {
  return (
    <dl class="facts">
      <dt>{t("lot_platform")}</dt>
      <dd>
        <bdi>{safeName(lot.platformName)}</bdi>
      </dd>
      {lot.projectName !== null && (
        <>
          <dt>{t("lot_project")}</dt>
          <dd>
            <bdi>{safeName(lot.projectName)}</bdi>
          </dd>
        </>
      )}
      <dt>{t("lot_code")}</dt>
      <dd>
        <bdi>{safeName(lot.projectCode)}</bdi>
      </dd>
      <dt>{t("lot_lot")}</dt>
      <dd>
        <bdi>{safeName(lot.lot)}</bdi>
      </dd>
      {lot.profile === "legacy" && (
        <>
          <dt>{t("lot_format")}</dt>
          <dd>{t("legacy_title")}</dd>
        </>
      )}
    </dl>
  );
}
