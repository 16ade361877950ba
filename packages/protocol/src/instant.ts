import * as v from "valibot";

/** An instant as our formats write it, ISO 8601 in UTC: `2026-11-23T09:31:07Z`, with a fraction of a second or without. */
export const instant = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/),
  v.check((text) => !Number.isNaN(Date.parse(text)), "an instant expected"),
);
