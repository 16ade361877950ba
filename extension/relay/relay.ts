import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { PORT_EVENT, READY_EVENT } from "@certbridge/protocol/page/channel";
import { operationNames } from "@certbridge/protocol/page/names";
import type { Answer, Notice, RelayMessage } from "@certbridge/protocol/page/wire";
import * as v from "valibot";

/** The bare namespace: the polyfill would triple the size of what every participating page loads. */
interface Runtime {
  readonly id?: string;
  sendMessage(message: RelayMessage): Promise<Answer | undefined>;
  readonly onMessage: { addListener(listener: (message: unknown) => void): void };
}

type RequestMessage = Extract<RelayMessage, { kind: "request" }>;

/** page → relay, on the private port. */
const pageMessage = v.union([
  v.strictObject({
    id: v.number(),
    operation: v.picklist(operationNames),
    params: v.record(v.string(), v.unknown()),
    timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.consentMaxMs))),
  }),
  v.strictObject({ id: v.number(), cancel: v.literal(true) }),
]);

const RETRY_MS = 150;
/** A dead worker is woken by the next message; what does not answer for this long is not coming back. */
const GIVE_UP_MS = limits.consentMaxMs + 60_000;

function refuse(
  code: "INVALID_REQUEST" | "TOO_LARGE" | "INSECURE_CONTEXT" | "INTERRUPTED",
  details: unknown,
  message: string,
) {
  return { ok: false, error: { code, details, message, retriable: code === "INTERRUPTED" } };
}

/** Bytes become Blobs, which travel by reference; everything else stays. One level of items is all that verbs have. */
function byReference(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Blob([new Uint8Array(value)]);
  if (Array.isArray(value)) return value.map(byReference);
  if (typeof value !== "object" || value === null || value instanceof Blob) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, byReference(inner)]));
}

export function startRelay(runtime: Runtime): void {
  const { port1: port, port2 } = new MessageChannel();
  /** The page's number of a call → the request's id. */
  const requests = new Map<number, string>();

  async function deliver(request: RequestMessage): Promise<object> {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    for (;;) {
      try {
        const answer = await runtime.sendMessage(request);
        if (answer !== undefined && answer !== null) {
          void runtime.sendMessage({ v: 1, kind: "done", id: request.id }).catch(() => undefined);
          return answer.ok ? { ok: true, result: answer.result } : { ok: false, error: answer.error };
        }
      } catch {
        // The worker was gone before it answered. It is woken by being asked again, with the same id.
      }
      if (runtime.id === undefined)
        return refuse("INTERRUPTED", null, "the extension was updated or removed: reload the page");
      if (Date.now() > giveUpAt) return refuse("INTERRUPTED", null, "the extension does not answer");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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
      if (id !== undefined) void runtime.sendMessage({ v: 1, kind: "cancel", id }).catch(() => undefined);
      return;
    }
    const answerTo = (answer: object) => port.postMessage({ id: message.id, ...answer });
    if (self.origin === "null" || !self.isSecureContext) {
      answerTo(refuse("INSECURE_CONTEXT", null, "a secure page with an origin of its own is needed"));
      return;
    }
    if (JSON.stringify(message.params).length > limits.pageMessageLen) {
      answerTo(refuse("TOO_LARGE", { limit: limits.pageMessageLen }, "hand files over as Blob or Uint8Array"));
      return;
    }
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    requests.set(message.id, id);
    const { operation, params, timeoutMs } = message;
    const answer = await deliver({
      v: 1,
      kind: "request",
      id,
      operation,
      params: byReference(params),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    requests.delete(message.id);
    answerTo(answer);
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

  runtime.onMessage.addListener((message) => {
    const { kind, id, progress } = message as Notice;
    if (kind !== "notice") return;
    for (const [call, request] of requests) if (request === id) port.postMessage({ id: call, progress });
  });

  window.addEventListener("pagehide", () => {
    for (const id of requests.values()) void runtime.sendMessage({ v: 1, kind: "cancel", id }).catch(() => undefined);
  });

  // The port is handed over in one synchronous event, so that no message event ever reaches the page; whichever world starts first.
  let taken = false;
  const give = () => {
    if (!taken) taken = !document.dispatchEvent(new MessageEvent(PORT_EVENT, { ports: [port2], cancelable: true }));
  };
  document.addEventListener(READY_EVENT, give);
  give();
}
