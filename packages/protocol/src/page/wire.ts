import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";
import { operationNames } from "./names.ts";

/** A request's name on every hop behind the relay: 128 random bits, drawn by the relay. */
export const requestId = base64Url(16, 16);

/**
 * relay → background. The origin is never in it: the background takes it from the browser's sender. A request that is sent again
 * with the same id, after the background was gone, is the same request: it goes on where it was.
 */
export const relayMessage = v.variant("kind", [
  v.strictObject({
    v: v.literal(1),
    kind: v.literal("request"),
    id: requestId,
    operation: v.picklist(operationNames),
    params: v.unknown(),
    /** This browser's messages carry no Blobs: contents went to the frame, under this id, in the order of the params; and a package is to be fetched from there. */
    inFrame: v.optional(v.literal(true)),
    timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.consentMaxMs))),
  }),
  /** The answer arrived: forget the request. */
  v.strictObject({ v: v.literal(1), kind: v.literal("done"), id: requestId }),
  /** The page gave up. */
  v.strictObject({ v: v.literal(1), kind: v.literal("cancel"), id: requestId }),
  /** The page is going away. A job goes on without it. */
  v.strictObject({ v: v.literal(1), kind: v.literal("left"), id: requestId }),
]);

/** What stands in the params for a content that went to the frame; with a file's name and length in bytes, so that it can be shown. */
export const contentElsewhere = v.strictObject({
  inFrame: v.literal(true),
  name: v.exactOptional(v.string()),
  size: v.exactOptional(v.number()),
});

/** relay → background: does a Blob arrive as one? The answer is true or false. */
export const probe = v.strictObject({ v: v.literal(1), kind: v.literal("probe"), content: v.unknown() });

export type Probe = v.InferOutput<typeof probe>;

/** relay → frame, by the frame's window: contents of a request. Who knows the id, which the relay drew, may bring them, once. */
export const frameContent = v.strictObject({
  v: v.literal(1),
  kind: v.literal("frame-content"),
  id: requestId,
  contents: v.pipe(v.array(v.instance(Blob)), v.maxLength(limits.packageFiles)),
});

export type FrameContent = v.InferOutput<typeof frameContent>;

/** What stands in an answer for a package that such a browser's messages do not carry: the file under this id, of this length. */
export const packageElsewhere = v.strictObject({
  inFrame: v.literal(true),
  id: requestId,
  packageId: v.string(),
  len: v.number(),
});

export type PackageElsewhere = v.InferOutput<typeof packageElsewhere>;

/** relay → frame, likewise: give me that package. The frame answers on the port that came along: the file, or null where it is not whole there. */
export const framePackage = v.strictObject({
  v: v.literal(1),
  kind: v.literal("frame-package"),
  id: requestId,
  len: v.number(),
});

export type FramePackage = v.InferOutput<typeof framePackage>;

export type RelayMessage = v.InferOutput<typeof relayMessage>;

/** background → relay → page: progress, for `onProgress`. */
export const notice = v.strictObject({
  v: v.literal(1),
  kind: v.literal("notice"),
  id: requestId,
  progress: v.variant("stage", [
    v.strictObject({ stage: v.literal("reading"), done: v.number(), total: v.number() }),
    v.strictObject({ stage: v.literal("waiting-for-person") }),
    v.strictObject({ stage: v.literal("working") }),
    /** Of encrypt: how much is written, and then opened again for a trial. */
    v.strictObject({ stage: v.literal("encrypting"), done: v.number(), total: v.number() }),
  ]),
});

export type Notice = v.InferOutput<typeof notice>;
export type Progress = Notice["progress"];

/** background → relay: is the document there still, and does it wait for this request? The relay answers true or not at all. */
export const presence = v.strictObject({ v: v.literal(1), kind: v.literal("here"), id: requestId });

export type Presence = v.InferOutput<typeof presence>;

/** An error as plain data, on every hop; the code may be one of a newer peer. */
export const errorRecord = v.object({
  code: v.string(),
  details: v.unknown(),
  message: v.string(),
  retriable: v.boolean(),
});

/** The answer to a request or a resume. */
export const answer = v.variant("ok", [
  v.strictObject({ v: v.literal(1), ok: v.literal(true), result: v.unknown() }),
  v.strictObject({ v: v.literal(1), ok: v.literal(false), error: errorRecord }),
]);

export type Answer = v.InferOutput<typeof answer>;
