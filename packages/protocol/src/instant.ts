import * as v from "valibot";

/** Whether the calendar has it. Engines differ in 30 February: some take it for a day in March. */
function isThere(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19) === text.slice(0, 19);
}

/** An instant as our formats write it, ISO 8601 in UTC: `2026-11-23T09:31:07Z`, with a fraction of a second or without. */
export const instant = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/),
  v.check(isThere, "an instant expected"),
);
