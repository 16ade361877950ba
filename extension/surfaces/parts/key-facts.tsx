/** One certificate, as people tell theirs apart: holder, CA, last four of the serial, carrier, end. */
import type { Carrier } from "@certbridge/protocol/carrier";
import type { HostKey } from "@certbridge/protocol/host";
import type { ShownKey } from "@certbridge/protocol/surface";
import { deviceOwner, t, type MessageKey } from "../../platform/i18n.ts";
import { expiryOf, obstacleOf } from "../state/keys.ts";
import { day, timeOfDay } from "./format.ts";
import { safeName } from "./text.ts";

const CARRIER: Readonly<Record<Carrier, MessageKey>> = {
  "usb-key": "carrier_usb_key",
  phone: "carrier_phone",
  software: "carrier_software",
};

/** Whom to call where the PIN is locked; null where nobody knows. */
export function lockedWords({ authority, authorityPhone }: HostKey): string | null {
  if (authorityPhone === undefined || authorityPhone === null) return null;
  return t("error_PIN_LOCKED_call", safeName(authority, 40), safeName(authorityPhone, 32));
}

/** Why this key cannot be chosen, in words; null where it can. */
function obstacleWords(key: ShownKey): string | null {
  switch (obstacleOf(key)) {
    case null:
      return null;
    case "blocked":
      return t("key_blocked", key.blockedBy ?? "");
    case "unfit":
      return t("key_unfit");
    case "expired":
      return t("key_expired", day(key.notAfter));
    case "not-yet-valid":
      return t("key_not_yet_valid", day(key.notBefore));
    case "no-signing-use":
      return t("key_no_signing_use");
    case "locked":
      break;
  }
  return lockedWords(key) ?? t("key_locked");
}

/** Until when it is valid, with a warning from 90 days before. */
function Expiry({ notAfter, now }: { notAfter: string; now: number }) {
  const { days, nearness } = expiryOf(notAfter, now);
  return (
    <span class="key-expiry">
      {t("key_valid_until", day(notAfter))}
      {nearness !== "far" && nearness !== "over" && (
        <span class={`tag tag-${nearness}`}>{days === 0 ? t("key_expires_today") : t("key_days_left", days)}</span>
      )}
    </span>
  );
}

interface KeyFactsProps {
  keyFacts: ShownKey;
  now: number;
  /** Where a key is chosen, that a software certificate is less secure must be said. */
  withAssurance?: boolean;
}

export function KeyFacts({ keyFacts: key, now, withAssurance = false }: KeyFactsProps) {
  const obstacle = obstacleWords(key);
  return (
    <span class="key-facts">
      <span class="key-line">
        <bdi class="key-holder">{safeName(key.holder.name, 60)}</bdi>
        <span class="tag">{t(CARRIER[key.carrier])}</span>
      </span>
      <span class="key-line key-soft">
        <bdi>{safeName(key.authority, 40)}</bdi>
        <span class="key-tail">{t("key_tail", safeName(key.serialTail, 8))}</span>
      </span>
      {obstacle === null ? <Expiry notAfter={key.notAfter} now={now} /> : <span class="key-obstacle">{obstacle}</span>}
      {key.usedBy !== undefined && (
        <span class="key-note">
          {t("key_used_by", safeName(deviceOwner(key.usedBy.by), 60), timeOfDay(key.usedBy.since))}
        </span>
      )}
      {withAssurance && key.carrier === "software" && <span class="key-note">{t("carrier_software_note")}</span>}
    </span>
  );
}
