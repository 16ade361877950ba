/** `saveRegistration` 保存登记凭证: what would be kept on this computer. No key is used. */
import { t } from "../../../platform/i18n.ts";
import { day } from "../../parts/format.ts";
import { issuerName, Origin } from "../../parts/origin.tsx";
import { safeName } from "../../parts/text.ts";
import type { OperationView } from "./operation.ts";

export const saveRegistration: OperationView<"saveRegistration"> = {
  heading: "save_heading",
  confirm: "save_confirm",
  tells: [],
  Body: ({ asked: { credential } }) => (
    <>
      <p>{t("save_body")}</p>
      <dl class="facts">
        <dt>{t("save_issuer")}</dt>
        <dd>
          <bdi>{issuerName(credential.issuer)}</bdi> <Origin origin={credential.issuer.origin} />
        </dd>
        <dt>{t("save_bidder")}</dt>
        <dd>
          <bdi>{safeName(credential.subject.name)}</bdi>
        </dd>
        <dt>{t("save_uscc")}</dt>
        <dd class="digits">{safeName(credential.subject.uscc)}</dd>
        <dt>{t("save_expires")}</dt>
        <dd>{day(credential.expiresAt)}</dd>
      </dl>
      <p class="soft">{t("save_note")}</p>
    </>
  ),
};
