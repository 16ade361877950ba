/** The self-opening of what was written: whatever the platform would refuse at the door is found before it is handed in. */
import type { BidTrailer } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { expect, test } from "vitest";
import { checkPackage } from "../../../extension/workshop/package/check.ts";
import { gm } from "../../support/authority.ts";
import {
  codeOf,
  crc32,
  fileKeyOf,
  filler,
  makePackage,
  memorySource,
  SEALED_LEN,
  SEGMENT_LEN,
} from "../../support/bid.ts";
import { bytesOf, forgeEntries, type Forgery, SMALL } from "../../support/bid-forger.ts";

const fileKey = fileKeyOf(1);

function check(bytes: Uint8Array, report: (done: number) => void = () => undefined): Promise<void> {
  return checkPackage({ gm, source: memorySource(bytes), fileKey, report });
}

test("a package that is whole passes, and is told of as it is read", async () => {
  const done: number[] = [];
  const files = [...SMALL, { name: "图纸.dwg", bytes: filler(7 * SEGMENT_LEN) }];
  await check(await makePackage(files), (len) => void done.push(len));
  expect(done.at(-1)).toBe(8 * SEALED_LEN);
});

const withCrc = (change: number) =>
  bytesOf(
    forgeEntries().map(({ name, content }) =>
      name === "payload" && content instanceof Uint8Array
        ? { name, content, crc: (crc32(content, 0) ^ change) >>> 0 }
        : { name, content },
    ),
  );

test("every segment opens, but the signed SM3 or the frame's CRC-32 is of another payload", async () => {
  const trailer: Partial<BidTrailer> = { payloadSm3: encodeBase64Url(filler(32)) };
  expect(await codeOf(check(bytesOf(forgeEntries({ trailer } satisfies Forgery))))).toBe("CONTENT_MISMATCH");
  expect(await codeOf(check(withCrc(0)))).toBe("accepted");
  expect(await codeOf(check(withCrc(1)))).toBe("MALFORMED");
});

test("a segment that was cut short on the disk, or changed, is found", async () => {
  const bytes = await makePackage(SMALL);
  const changed = bytes.slice();
  const at = Math.floor(bytes.length / 2);
  changed[at] = (changed[at] ?? 0) ^ 1;
  expect(await codeOf(check(changed))).toBe("BID_NOT_OPENED");
  expect(await codeOf(check(bytes.subarray(0, bytes.length - 1)))).toBe("MALFORMED");
});
