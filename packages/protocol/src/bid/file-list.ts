import * as v from "valibot";
import { limits } from "../limits.ts";
import { projectWords } from "./header.ts";

/** A file's name inside a bid package: no path, nothing that cannot be seen, one spelling. 1 to 255 bytes of UTF-8. */
export const bidFileName = v.pipe(
  projectWords,
  v.check((name) => !/[/\\]/.test(name) && name !== "." && name !== "..", "a plain file name expected"),
);

/** The index at the beginning of a payload. docs/formats/bid-package.md, Payload */
export const bidFileList = v.strictObject({
  files: v.pipe(
    v.array(
      v.strictObject({
        name: bidFileName,
        /** Bytes. No file is larger than a package, so that a thousand sizes have a sum that is exact. */
        size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.packageLen)),
      }),
    ),
    v.minLength(1),
    v.maxLength(limits.packageFiles),
    v.check((files) => new Set(files.map(({ name }) => name)).size === files.length, "no name twice"),
  ),
});

export type BidFileList = v.InferOutput<typeof bidFileList>;
