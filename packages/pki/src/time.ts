/** UTCTime and GeneralizedTime as DER has them, ITU-T X.690 clauses 11.7 and 11.8, RFC 5280 clause 4.1.2.5. */
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;

const FORMS: Readonly<Record<number, RegExp>> = {
  [UTC_TIME]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()Z$/,
  // A fraction of a second has no trailing zero; certificates carry none, time stamps may.
  [GENERALIZED_TIME]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{0,8}[1-9])?Z$/,
};

const MAX_LEN = 24;

/** The instant, to the millisecond; null for another form, a day that the month lacks, or a leap second. */
export function readTime(tag: number, contents: Uint8Array): Date | null {
  if (contents.length > MAX_LEN) return null;
  const found = FORMS[tag]?.exec(String.fromCharCode(...contents));
  if (found === undefined || found === null) return null;
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  // Two digits mean 1950 to 2049.
  const year = tag === UTC_TIME ? years + (years < 50 ? 2000 : 1900) : years;
  const ms = Math.floor(Number(`0${found[7] ?? ""}`) * 1000);
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second, ms);
  const kept = [
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
  ];
  return kept.join() === [month, day, hour, minute, second].join() ? time : null;
}

/** Four digits of the year to two of the second, and what is left of it in milliseconds. */
function digitsOf(time: Date): { readonly year: number; readonly seconds: string; readonly fraction: string } {
  const year = time.getUTCFullYear();
  if (!(year >= 1950 && year <= 9999)) throw new RangeError('"time" expected a date from 1950 to 9999');
  const [seconds = "", fraction = ""] = time
    .toISOString()
    .replaceAll(/[-:TZ]/g, "")
    .split(".");
  return { year, seconds, fraction };
}

/** Tag and text of an instant, down to the second. @throws RangeError for what neither form can say */
export function writeTime(time: Date): { readonly tag: number; readonly text: string } {
  const { year, seconds } = digitsOf(time);
  return year < 2050 ? { tag: UTC_TIME, text: `${seconds.slice(2)}Z` } : { tag: GENERALIZED_TIME, text: `${seconds}Z` };
}

/** Text of a GeneralizedTime, down to the millisecond, without trailing zeros. @throws RangeError */
export function writeGeneralizedTime(time: Date): string {
  const { seconds, fraction } = digitsOf(time);
  return `${`${seconds}.${fraction}`.replace(/\.?0+$/, "")}Z`;
}

export const isTimeTag = (tag: number | undefined): boolean => tag === UTC_TIME || tag === GENERALIZED_TIME;
