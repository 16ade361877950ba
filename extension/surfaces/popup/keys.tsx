/** The certificates on this computer, with what ends soon and the credentials that each holder has. */
import type { ShownKey } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { openWelcome } from "../../platform/surface-tabs.ts";
import { day } from "../parts/format.ts";
import { KeyFacts } from "../parts/key-facts.tsx";
import { KeyFindings } from "../parts/key-findings.tsx";
import { issuerName, Origin } from "../parts/origin.tsx";

function Credentials({ credentials }: Pick<ShownKey, "credentials">) {
  if (credentials.length === 0) return <span class="key-soft">{t("key_no_credentials")}</span>;
  return (
    <details class="credentials">
      <summary>
        {t("key_credentials")} <span class="count">{credentials.length}</span>
      </summary>
      <ul>
        {credentials.map(({ credentialId, issuer, expiresAt }) => (
          <li key={credentialId}>
            <bdi>{t("key_credential_until", issuerName(issuer), day(expiresAt))}</bdi> <Origin origin={issuer.origin} />
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Keys({ keys }: { keys: readonly ShownKey[] }) {
  const now = Date.now();
  if (keys.length === 0) {
    return (
      <>
        <p>{t("popup_keys_none")}</p>
        <KeyFindings />
        <div class="actions">
          <button type="button" class="primary" onClick={() => void openWelcome()}>
            {t("certificate_how")}
          </button>
        </div>
      </>
    );
  }
  return (
    <ul class="keys">
      {keys.map((key) => (
        <li class="key" key={key.keyId}>
          <KeyFacts keyFacts={key} now={now} />
          <Credentials credentials={key.credentials} />
        </li>
      ))}
    </ul>
  );
}
