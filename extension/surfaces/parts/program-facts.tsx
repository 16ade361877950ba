/** The companion program where it is ready: version, the fingerprint by which people know it again, and what is unsafe about it. */
import type { HostState } from "@certbridge/protocol/surface";
import { t, type MessageKey } from "../../platform/i18n.ts";
import { day } from "./format.ts";
import { Notice } from "./notice.tsx";

type Ready = Extract<HostState, { state: "ready" }>;

/** A kind that a newer program names and we do not know has no words here; `certbridge-host doctor` has them. */
const HAZARD: Readonly<Record<string, MessageKey>> = {
  shadow: "host_hazard_shadow",
  manifest: "host_hazard_manifest",
  permissions: "host_hazard_permissions",
};

export function ProgramFacts({ host }: { host: Ready }) {
  const { version, identity, hazards } = host;
  return (
    <>
      {hazards.length > 0 && (
        <Notice tone="warning" title={t("host_hazard_title")}>
          {hazards.map((hazard) => (
            <p key={hazard}>{t(HAZARD[hazard] ?? "host_hazard_other")}</p>
          ))}
          <p>{t("host_hazard_doctor")}</p>
        </Notice>
      )}
      <p class="status-line">
        <span class="dot" aria-hidden="true" />
        {t("host_ready", version)}
      </p>
      <p class="soft fingerprint">{t("host_fingerprint", identity.fingerprint, day(identity.since))}</p>
    </>
  );
}
