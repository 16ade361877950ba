import { PORT_EVENT, READY_EVENT } from "@certbridge/protocol/page/channel";
import { API_VERSION, operationNames } from "@certbridge/protocol/page/names";
import {
  abortedOf,
  announce,
  create,
  dataOf,
  defineProperty,
  freeze,
  hasOwn,
  keys,
  listen,
  open,
  portsOf,
  post,
  SafeError,
  SafePromise,
  take,
} from "./primordials.ts";

/** What rejects: plain data beside its name, so that it is told by its code on either side of a world's border. */
class SharedCertificateError extends SafeError {
  // Defined, not assigned: a page may have frozen every prototype.
  override readonly name = "SharedCertificateError";
  readonly code: string;
  readonly details: unknown;
  readonly retriable: boolean;

  constructor(record: { code: string; details: unknown; message: string; retriable: boolean }) {
    super(record.message);
    this.code = record.code;
    this.details = record.details;
    this.retriable = record.retriable;
  }
}

type ErrorWords = ConstructorParameters<typeof SharedCertificateError>[0];

/** relay → page. The relay is ours: what it says is not checked again. */
interface RelayAnswer {
  readonly id: number;
  readonly ok?: boolean;
  readonly result?: unknown;
  readonly error: ErrorWords;
  readonly progress?: unknown;
}

/** page → relay. */
interface Call {
  readonly id: number;
  [option: string]: unknown;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onProgress: unknown;
}

function invalid(message: string): SharedCertificateError {
  return new SharedCertificateError({ code: "INVALID_REQUEST", details: { path: "" }, message, retriable: false });
}

function aborted(): SharedCertificateError {
  const message = "aborted before it began";
  return new SharedCertificateError({ code: "CANCELLED", details: null, message, retriable: true });
}

/** Puts `window.sharedCertificate` in place. No decision is made here: relay and background check everything again. */
export function installApi(): void {
  const pending: Record<number, Pending> = create(null);
  /** Calls before there is a port, by their place. */
  const waiting: Record<number, Call> = create(null);
  let waitingLen = 0;
  let port: MessagePort | undefined;
  let lastId = 0;

  /** A message that cannot be cloned ends its own call, and no other. */
  function send(message: Call): void {
    if (port === undefined) {
      waiting[waitingLen++] = message;
      return;
    }
    try {
      post(port, message);
    } catch {
      const call = pending[message.id];
      delete pending[message.id];
      call?.reject(invalid("the options cannot be sent"));
    }
  }

  function receive(event: Event): void {
    const answer = dataOf(event as MessageEvent) as RelayAnswer;
    const { id, ok, result, error } = answer;
    const call = pending[id];
    if (call === undefined) return;
    // Its own key: what a page puts on Object.prototype makes no progress of an answer.
    if (hasOwn(answer, "progress")) {
      const { onProgress } = call;
      if (typeof onProgress === "function") onProgress(answer.progress);
      return;
    }
    delete pending[id];
    if (ok) call.resolve(result);
    else call.reject(new SharedCertificateError(error));
  }

  function ask(operation: string, options: unknown): Promise<unknown> {
    return new SafePromise((resolve, reject) => {
      if (options !== undefined && (typeof options !== "object" || options === null)) {
        throw invalid("one options object expected");
      }
      const id = ++lastId;
      const params: Record<string, unknown> = create(null);
      const message: Call = { id, operation, params };
      const call: Pending = { resolve, reject, onProgress: undefined };
      let signal: unknown;
      try {
        // Every option is read once: a getter cannot answer differently the second time.
        const names = keys(options ?? {});
        for (let at = 0; at < names.length; at++) {
          const key = names[at] as string;
          const value = (options as Record<string, unknown>)[key];
          if (key === "signal") signal = value;
          else if (key === "onProgress") call.onProgress = value;
          else if (key === "timeoutMs") message["timeoutMs"] = value;
          else params[key] = value;
        }
        if (signal !== undefined) {
          if (abortedOf(signal as AbortSignal)) throw aborted();
          listen(signal as AbortSignal, "abort", () => send({ id, cancel: true }), true);
        }
      } catch (error) {
        throw error instanceof SharedCertificateError ? error : invalid("the options cannot be read");
      }
      pending[id] = call;
      send(message);
    });
  }

  listen(
    document,
    PORT_EVENT,
    (event) => {
      take(event);
      port = portsOf(event as MessageEvent)[0];
      if (port === undefined) return;
      listen(port, "message", receive, false);
      open(port);
      for (let at = 0; at < waitingLen; at++) send(waiting[at] as Call);
    },
    true,
  );
  announce(READY_EVENT);

  const api: Record<string, unknown> = create(null);
  api["apiVersion"] = API_VERSION;
  for (const name of operationNames) api[name] = freeze((options?: unknown) => ask(name, options));
  defineProperty(window, "sharedCertificate", {
    value: freeze(api),
    enumerable: true,
    configurable: false,
    writable: false,
  });
}
