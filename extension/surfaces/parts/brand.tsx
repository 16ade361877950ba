/** Our mark and name. */
import { t } from "../../platform/i18n.ts";

export function Brand() {
  return (
    <span class="brand">
      <img src="/icon/mark.svg" width="24" height="24" alt="" />
      <span>{t("extension_name")}</span>
    </span>
  );
}
