/**
 * The vendors' libraries that a person or an administrator enrolled (已登记的驱动): the path, what the file was then, its profile, and the CAs' certificates, which
 * keys themselves seldom have. The file lies in the home folder, which its owner alone can write; a library that a page names is never loaded.
 */
import type { Gm } from "@certbridge/gm";
import { base64Url, decodeBase64Url } from "@certbridge/protocol/bytes";
import { type DeviceProfile, deviceProfile } from "@certbridge/trust";
import * as v from "valibot";
import { readIfThere, writeWhole } from "../../disk.ts";
import { withLock } from "../../lock.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { Opening } from "./wire.ts";

const FORMAT = "certbridge-libraries:1";

/** Bytes of the file at most. */
const FILE_LEN = 1024 * 1024;

const library = v.strictObject({
  /** Absolute. */
  path: v.pipe(v.string(), v.regex(/^(\/|[A-Za-z]:\\)/), v.maxLength(4096)),
  /** SHA-256 of the file, 32 bytes. */
  sha256: base64Url(32, 32),
  profile: deviceProfile,
  /** Certificates of CAs, DER: from a key's certificate up to the root. */
  chain: v.pipe(v.array(base64Url(1, 64 * 1024)), v.maxLength(16)),
});

const file = v.strictObject({ format: v.literal(FORMAT), libraries: v.pipe(v.array(library), v.maxLength(32)) });

export type EnrolledLibrary = v.InferOutput<typeof library>;

/** Of one library and one device, whatever program, on whatever day: its name in the queue (queue.ts). */
export const queueName = (gm: Pick<Gm, "sm3">, { path }: EnrolledLibrary, device: Uint8Array): string =>
  Buffer.from(gm.sm3(Buffer.concat([Buffer.from(`${path}\0`), device]))).toString("hex");

const LEARNED: readonly (string | undefined)[] = ["self-test", "import"];

/**
 * Enrolled once more: what a trial showed before is kept, and so are the CA's certificates where none are given.
 *
 * @param tried what was tried anew, whatever came of it
 */
export function inherit(
  known: EnrolledLibrary,
  fresh: EnrolledLibrary,
  tried: readonly (keyof DeviceProfile)[],
): EnrolledLibrary {
  const [before, now] = [known.profile, fresh.profile];
  const fields = (Object.keys(before.evidence) as (keyof typeof before.evidence)[]).filter(
    (field) => LEARNED.includes(before.evidence[field]) && !tried.includes(field),
  );
  const kept = Object.fromEntries(fields.map((field) => [field, before[field]]));
  const evidence = Object.fromEntries(fields.map((field) => [field, before.evidence[field]]));
  const profile = { ...now, ...kept, evidence: { ...now.evidence, ...evidence } };
  return { ...fresh, profile, chain: fresh.chain.length > 0 ? fresh.chain : known.chain };
}

/** What its worker is told. */
export const openingOf = ({ path, sha256, profile }: EnrolledLibrary): Opening => ({
  library: { path, sha256: decodeBase64Url(sha256) },
  layout: profile.layout,
  quirks: profile,
});

/** @throws OperationError STORE_DAMAGED */
export async function readEnrolled(path: string): Promise<readonly EnrolledLibrary[]> {
  const content = await readIfThere(path);
  if (content === null) return [];
  if (content.length > FILE_LEN) throw new OperationError("STORE_DAMAGED");
  try {
    return v.parse(file, JSON.parse(content.toString("utf8"))).libraries;
  } catch (cause) {
    throw new OperationError("STORE_DAMAGED", undefined, { cause });
  }
}

/** Changes the list, alone among all programs. */
export async function changeEnrolled(
  path: string,
  change: (libraries: readonly EnrolledLibrary[]) => readonly EnrolledLibrary[],
): Promise<void> {
  await withLock(path, async () => {
    const libraries = change(await readEnrolled(path));
    await writeWhole(path, `${JSON.stringify({ format: FORMAT, libraries }, null, 2)}\n`);
  });
}
