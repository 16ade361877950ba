/** `register` 注册: who is there, and the registration credential that the person chooses to show, or none. */
import { t } from "../../../platform/i18n.ts";
import { day } from "../../parts/format.ts";
import { issuerName, Origin } from "../../parts/origin.tsx";
import type { Approval } from "../../state/approval.ts";
import type { OperationView } from "./operation.ts";

function CredentialChoices({ approval }: { approval: Approval }) {
  const key = approval.key.value;
  const chosen = approval.credential.value;
  if (key === null) return <p class="soft">{t("register_choose_key_first")}</p>;
  if (key.credentials.length === 0) return <p class="soft">{t("register_no_credentials")}</p>;
  return (
    <div class="cards">
      {key.credentials.map(({ credentialId, issuer, issuedAt, expiresAt }) => (
        <label class="card" key={credentialId}>
          <input
            type="radio"
            name="credential"
            value={credentialId}
            required
            checked={chosen === credentialId}
            onChange={() => approval.chooseCredential(credentialId)}
          />
          <span class="key-facts">
            <bdi class="key-holder">{t("register_show", issuerName(issuer))}</bdi>
            <Origin origin={issuer.origin} />
            <span class="key-soft">{t("register_show_until", day(issuedAt), day(expiresAt))}</span>
          </span>
        </label>
      ))}
      <label class="card">
        <input
          type="radio"
          name="credential"
          value=""
          required
          checked={chosen === null}
          onChange={() => approval.chooseCredential(null)}
        />
        <span class="key-facts">
          <span class="key-holder">{t("register_show_none")}</span>
          <span class="key-soft">{t("register_show_none_note")}</span>
        </span>
      </label>
    </div>
  );
}

export const register: OperationView<"register"> = {
  heading: "register_heading",
  confirm: "register_confirm",
  Body: () => <p>{t("register_body")}</p>,
  tells: ["login_tells_identity", "register_tells_facts"],
  undecided: ({ credential }) =>
    credential.value === undefined ? { problem: "register_required", field: "input[name=credential]" } : null,
  Choice: ({ approval, missing }) => (
    <fieldset
      class="section"
      role="radiogroup"
      aria-required="true"
      aria-invalid={missing !== null}
      aria-describedby="credential-problem"
    >
      <legend>{t("register_choice")}</legend>
      <CredentialChoices approval={approval} />
      <p id="credential-problem" class="field-problem" role="alert">
        {missing === null ? null : t(missing.problem)}
      </p>
    </fieldset>
  ),
};
