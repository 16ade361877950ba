import * as v from "valibot";

/** Names that valibot's `record` leaves out without a word, lest they change a prototype. It takes an array for an object, too. */
const LEFT_OUT = ["__proto__", "constructor", "prototype"] as const;

function isWhole(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return !Array.isArray(value) && !LEFT_OUT.some((name) => Object.hasOwn(value, name));
}

/** An object of any names of this shape. A name that could not be taken over is refused: what was signed or asked is read whole. */
export function wholeRecord<K extends v.GenericSchema<string>, V extends v.GenericSchema>(key: K, value: V) {
  return v.pipe(v.unknown(), v.check(isWhole, "another name expected"), v.record(key, value));
}
