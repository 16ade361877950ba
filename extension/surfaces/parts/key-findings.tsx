/** What the companion program found between the person and their CA lock: one sentence each, with what to do now. Looked for when it comes into view, and when other keys are plugged in. */
import { useEffect, useMemo } from "preact/hooks";
import { t, type MessageKey } from "../../platform/i18n.ts";
import { askBackground } from "../../platform/surface-messages.ts";
import { useHotPlug } from "../state/hot-plug.ts";
import { createResource } from "../state/resource.ts";

/** A cause that a newer program names and we do not know has no words here; `certbridge-host doctor` has them. */
const CAUSE: Readonly<Record<string, MessageKey>> = {
  "no-driver": "finding_no_driver",
  "drivers-damaged": "finding_drivers_damaged",
  "driver-missing": "finding_driver_missing",
  "driver-writable": "finding_driver_writable",
  "driver-architecture": "finding_driver_architecture",
  "driver-changed": "finding_driver_changed",
  "driver-not-loaded": "finding_driver_not_loaded",
  "driver-ended": "finding_driver_ended",
  "driver-hung": "finding_driver_hung",
  "driver-paused": "finding_driver_paused",
  "driver-own": "finding_driver_own",
  "no-key": "finding_no_key",
  "key-empty": "finding_key_empty",
  "key-failed": "finding_key_failed",
  "key-in-use": "finding_key_in_use",
  "no-certificate": "finding_no_certificate",
  "certificate-expired": "finding_certificate_expired",
  "certificate-not-yet-valid": "finding_certificate_not_yet_valid",
  "pin-locked": "finding_pin_locked",
  "other-software": "finding_other_software",
  "remote-desktop": "finding_remote_desktop",
};

interface KeyFindingsProps {
  /** Where it stands by itself. */
  withHeading?: boolean;
  /** What is said where nothing was found; nothing by default. */
  whenNone?: MessageKey;
}

export function KeyFindings({ withHeading = false, whenNone }: KeyFindingsProps) {
  const looked = useMemo(() => createResource(() => askBackground("diagnose", {})), []);
  useEffect(() => void looked.refresh(), [looked]);
  useHotPlug(true, () => looked.refresh());
  const findings = looked.value.value?.findings;
  // Where it cannot be looked for, what is around this says so.
  if (looked.problem.value !== null || (findings?.length === 0 && whenNone === undefined)) return null;
  return (
    <div class="findings" role="status">
      {withHeading && <h2>{t("finding_title")}</h2>}
      {findings === undefined ? (
        <p class="soft">{t("finding_looking")}</p>
      ) : findings.length === 0 && whenNone !== undefined ? (
        <p>{t(whenNone)}</p>
      ) : (
        <ul aria-label={t("finding_title")}>
          {findings.map(({ cause }) => (
            <li key={cause}>{t(CAUSE[cause] ?? "finding_other")}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
