/** `login` 登录: who is there, nothing more. */
import { t } from "../../../platform/i18n.ts";
import type { OperationView } from "./operation.ts";

export const login: OperationView<"login"> = {
  heading: "login_heading",
  confirm: "login_confirm",
  Body: () => <p>{t("login_body")}</p>,
  tells: ["login_tells_identity"],
};
