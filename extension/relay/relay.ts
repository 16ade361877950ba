import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { PORT_EVENT, READY_EVENT } from "@certbridge/protocol/page/channel";
import { operationNames } from "@certbridge/protocol/page/names";
import type { Answer, Notice, Presence, Probe, RelayMessage } from "@certbridge/protocol/page/wire";
import { wholeRecord } from "@certbridge/protocol/record";
import * as v from "valibot";
import { bringContents, createProbe, fetchPackages, type FrameRuntime, isBlob, takeBlobs } from "./frame.ts";

/** The bare namespace: the polyfill would triple the size of what every participating page loads. */
interface Runtime extends FrameRuntime {
  sendMessage(message: RelayMessage | Probe): Promise<Answer | undefined>;
  readonly onMessage: {
    addListener(listener: (message: unknown, sender: unknown, answer: (value: unknown) => void) => void): void;
  };
}

type RequestMessage = Extract<RelayMessage, { kind: "request" }>;

/** page → relay, on the private port. */
const pageMessage = v.union([
  v.strictObject({
    id: v.number(),
    operation: v.picklist(operationNames),
    params: wholeRecord(v.string(), v.unknown()),
    timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.consentMaxMs))),
  }),
  v.strictObject({ id: v.number(), cancel: v.literal(true) }),
]);

const RETRY_MS = 150;
/** A dead worker is woken by the next message; what fails for this long at every try is not coming back. */
const GIVE_UP_MS = 60_000;
/** Requests of one document that are on their way at once; the others wait here, so that a page that floods holds up nobody else. */
const ON_THEIR_WAY = 4;

function refuse(
  code: "INVALID_REQUEST" | "UNSUPPORTED_OPERATION" | "TOO_LARGE" | "INSECURE_CONTEXT" | "INTERRUPTED" | "CANCELLED",
  details: unknown,
  message: string,
) {
  const retriable = code === "INTERRUPTED" || code === "CANCELLED";
  return { ok: false, error: { code, details, message, retriable } };
}

const utf8 = new TextEncoder();

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** Bytes of the page: in Firefox they are of another realm than this script, so that no `instanceof` holds. */
function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(value) && tagOf(value) === "[object Uint8Array]";
}

/** Memory that is shared or may be resized goes on changing, and no Blob takes it: a copy of what it holds now. */
function blobOf(bytes: Uint8Array<ArrayBuffer>): Blob {
  const fixed = tagOf(bytes.buffer) === "[object ArrayBuffer]" && !bytes.buffer.resizable;
  return new Blob([fixed ? bytes : new Uint8Array(bytes)]);
}

/**
 * Bytes become Blobs, which travel by reference; other buffers lose what they hold; everything else stays. It stops where no parts
 * are left: a structure that repeats itself is small on the port and endless here.
 */
function byReference(value: unknown, left: { parts: number }): unknown {
  if (isBytes(value)) return blobOf(value);
  if (typeof value !== "object" || value === null || isBlob(value)) return value;
  if (ArrayBuffer.isView(value)) return {};
  // An array may be long and hold nothing.
  left.parts -= Array.isArray(value) ? value.length : 1;
  if (left.parts < 0) return null;
  if (Array.isArray(value)) return value.map((inner) => byReference(inner, left));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, byReference(inner, left)]));
}

export function startRelay(runtime: Runtime): void {
  const { port1: port, port2 } = new MessageChannel();
  /** The page's number of a call → the request's id. */
  const requests = new Map<number, string>();
  /** Requests that were given up: they are not sent again, whatever becomes of the message that carries them. */
  const cancelled = new Set<string>();

  const carriesBlobs = createProbe(runtime);

  let onTheirWay = 0;
  const inLine: (() => void)[] = [];

  async function inTurn(bring: () => Promise<object>): Promise<object> {
    if (onTheirWay < ON_THEIR_WAY) onTheirWay++;
    else await new Promise<void>((resolve) => inLine.push(resolve));
    try {
      return await bring();
    } finally {
      const next = inLine.shift();
      if (next === undefined) onTheirWay--;
      else next();
    }
  }

  /** What waits for an answer, to be woken: messages that were under way lose their channel in silence while a page is put away. */
  const putAway = new Set<() => void>();
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const wake of putAway) wake();
  });

  async function send(request: RequestMessage): Promise<Answer | undefined> {
    let wake: () => void = () => undefined;
    const woken = new Promise<undefined>((resolve) => {
      wake = () => resolve(undefined);
    });
    putAway.add(wake);
    try {
      return await Promise.race([runtime.sendMessage(request), woken]);
    } finally {
      putAway.delete(wake);
    }
  }

  function cancel(id: string, kind: "cancel" | "left" = "cancel"): void {
    cancelled.add(id);
    void runtime.sendMessage({ v: 1, kind, id }).catch(() => undefined);
  }

  async function deliver(request: RequestMessage): Promise<object> {
    for (let failingSince = Date.now(); ;) {
      if (cancelled.has(request.id)) return refuse("CANCELLED", null, "the page gave up, or was left");
      const sentAt = Date.now();
      try {
        const answer = await send(request);
        if (answer !== undefined && answer !== null) {
          void runtime.sendMessage({ v: 1, kind: "done", id: request.id }).catch(() => undefined);
          return answer.ok ? { ok: true, result: answer.result } : { ok: false, error: answer.error };
        }
      } catch {
        // The worker was gone before it answered. It is woken by being asked again, with the same id.
      }
      if (cancelled.has(request.id)) return refuse("CANCELLED", null, "the page gave up, or was left");
      if (runtime.id === undefined)
        return refuse("INTERRUPTED", null, "the extension was updated or removed: reload the page");
      if (Date.now() - sentAt > GIVE_UP_MS / 10) failingSince = Date.now();
      if (Date.now() - failingSince > GIVE_UP_MS) return refuse("INTERRUPTED", null, "the extension does not answer");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Params as they travel: bytes by reference, and the rest no larger than a message may be. */
  function pack(params: Record<string, unknown>): { readonly packed: unknown } | { readonly refusal: object } {
    try {
      const left = { parts: limits.pageMessageLen };
      const packed = byReference(params, left);
      if (left.parts >= 0 && utf8.encode(JSON.stringify(packed)).length <= limits.pageMessageLen) return { packed };
      const details = { limit: limits.pageMessageLen };
      return { refusal: refuse("TOO_LARGE", details, "hand files over as Blob or Uint8Array") };
    } catch {
      // A cycle, a BigInt, or nested too deep: no message of ours.
      return { refusal: refuse("INVALID_REQUEST", { path: "" }, "the options are no plain data") };
    }
  }

  async function take(data: unknown): Promise<void> {
    const parsed = v.safeParse(pageMessage, data);
    if (!parsed.success) {
      const id = typeof data === "object" && data !== null && "id" in data ? data.id : null;
      port.postMessage({
        id,
        ...refuse("INVALID_REQUEST", { path: v.getDotPath(parsed.issues[0]) ?? "" }, "not a known call"),
      });
      return;
    }
    const message = parsed.output;
    if ("cancel" in message) {
      const id = requests.get(message.id);
      if (id !== undefined) cancel(id);
      return;
    }
    const answerTo = (answer: object) => port.postMessage({ id: message.id, ...answer });
    // Whether an http page may ask is the administrator's policy to say, which the background knows; no other http page gets a relay.
    if (self.origin === "null") {
      answerTo(refuse("INSECURE_CONTEXT", null, "a page with an origin of its own is needed"));
      return;
    }
    const content = pack(message.params);
    if ("refusal" in content) {
      answerTo(content.refusal);
      return;
    }
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    requests.set(message.id, id);
    const { operation, timeoutMs } = message;
    const timed = timeoutMs === undefined ? {} : { timeoutMs };
    const request: RequestMessage = { v: 1, kind: "request", id, operation, params: content.packed, ...timed };
    const answer = await inTurn(() => bring(request)).catch(() =>
      refuse("INTERRUPTED", null, "the page lets no content through"),
    );
    requests.delete(message.id);
    cancelled.delete(id);
    answerTo(answer);
  }

  /** Delivers a request, with its contents by the way that this browser has. */
  async function bring(request: RequestMessage): Promise<object> {
    const blobs: Blob[] = [];
    const params = takeBlobs(request.params, blobs);
    const isByReference = blobs.length > 0 || request.operation === "encrypt" || request.operation === "jobs";
    if (!isByReference || (await carriesBlobs())) return deliver(request);
    const remove = blobs.length === 0 ? () => undefined : await bringContents(runtime, request.id, blobs);
    try {
      const answer = await deliver({ ...request, params, inFrame: true });
      return "result" in answer ? { ...answer, result: await fetchPackages(runtime, answer.result) } : answer;
    } finally {
      remove();
    }
  }

  /** A prerendered page waits until a person sees it. */
  const seen = new Promise<void>((resolve) => {
    const prerendering = "prerendering" in document && document.prerendering === true;
    if (prerendering) document.addEventListener("prerenderingchange", () => resolve(), { once: true });
    else resolve();
  });

  port.addEventListener("message", (event) => {
    void seen.then(() => take(event.data));
  });
  port.start();

  runtime.onMessage.addListener((message, _sender, answer) => {
    const { kind, id } = message as Notice | Presence;
    for (const [call, request] of requests) {
      if (request !== id || cancelled.has(id)) continue;
      if (kind === "here") answer(true);
      else if (kind === "notice") port.postMessage({ id: call, progress: (message as Notice).progress });
    }
  });

  window.addEventListener("pagehide", () => {
    for (const id of requests.values()) cancel(id, "left");
  });

  // The port is handed over in one synchronous event, so that no message event ever reaches the page; whichever world starts first.
  let taken = false;
  const give = () => {
    if (!taken) taken = !document.dispatchEvent(new MessageEvent(PORT_EVENT, { ports: [port2], cancelable: true }));
  };
  document.addEventListener(READY_EVENT, give);
  give();
}
