/** Dates, times, sizes and digests in the form that people are shown. */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { languageTag, t } from "../../platform/i18n.ts";

/** 2027年6月30日, or 30 June 2027. */
export function day(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "–";
  return at.toLocaleDateString(languageTag(), { year: "numeric", month: "long", day: "numeric" });
}

/** 09:31:07 */
export function timeOfDay(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "–" : at.toLocaleTimeString(languageTag(), { hour12: false });
}

/** 2027年6月30日 09:31:07 */
export function moment(instant: string): string {
  return `${day(instant)} ${timeOfDay(instant)}`;
}

/** 1分32秒, rounded up so that the last second is shown as one. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? t("duration_minutes", minutes, seconds % 60) : t("duration_seconds", seconds);
}

/** 3天4小时, 2小时5分, or as {@link duration}: as exact as anybody needs it so long before. */
export function timeSpan(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return duration(ms);
  return hours < 24 ? t("duration_hours", hours, minutes % 60) : t("duration_days", Math.floor(hours / 24), hours % 24);
}

const UNITS = ["B", "KB", "MB", "GB"] as const;

/** 1.4 MB, in steps of 1024. @param len bytes */
export function size(len: number): string {
  let value = len;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(languageTag(), { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** A digest (base64url of 32 bytes) in hexadecimal, as other programs print it; unchanged where it is something else. */
export function hexOf(digest: string): string {
  try {
    return Array.from(decodeBase64Url(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return digest;
  }
}

/** Its first and last eight digits, enough to compare at a glance. */
export function shortDigest(hex: string): string {
  return hex.length <= 20 ? hex : `${hex.slice(0, 8)} … ${hex.slice(-8)}`;
}
