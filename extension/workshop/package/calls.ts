/** Questions to a worker and its answers, each under a number; what goes wrong there comes back under its code. */
import { type ErrorRecord, OperationError } from "@certbridge/protocol/errors";

/** What a worker can be asked, by name. */
export type CallMap = Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>;

interface Question {
  readonly call: number;
  readonly verb: string;
  readonly params: unknown;
}

type Reply =
  | { readonly call: number; readonly done: number }
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly failed: ErrorRecord };

export interface Calls<M extends CallMap> {
  /** @throws OperationError of the worker's; CANCELLED once it is closed */
  call<N extends keyof M & string>(
    verb: N,
    params: M[N]["params"],
    options?: { readonly transfer?: Transferable[]; readonly onProgress?: (done: number) => void },
  ): Promise<M[N]["result"]>;
  /** Ends the worker, in the middle of whatever it does. */
  close(): void;
}

export function openCalls<M extends CallMap>(worker: Worker): Calls<M> {
  const waiting = new Map<number, (reply: Reply) => void>();
  let last = 0;
  let closed = false;
  const endAll = (error: OperationError) => {
    for (const [call, reply] of waiting) reply({ call, failed: error.toRecord() });
  };
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => waiting.get(data.call)?.(data));
  worker.addEventListener("error", () => endAll(new OperationError("INTERRUPTED")));
  return {
    call: (verb, params, { transfer = [], onProgress } = {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new OperationError("CANCELLED"));
        const call = ++last;
        waiting.set(call, (reply) => {
          if ("done" in reply) return onProgress?.(reply.done);
          waiting.delete(call);
          if ("failed" in reply) reject(OperationError.fromRecord(reply.failed));
          else resolve(reply.result);
        });
        worker.postMessage({ call, verb, params } satisfies Question, transfer);
      }),
    close() {
      closed = true;
      worker.terminate();
      endAll(new OperationError("CANCELLED"));
    },
  };
}

const transfers = new WeakMap<object, readonly ArrayBuffer[]>();

/** The answer, whose buffers go with it and are no longer the worker's. */
export function transferring<T extends object>(result: T, buffers: readonly ArrayBuffer[]): T {
  transfers.set(result, buffers);
  return result;
}

/** One answer per question of the map. `report` tells how many bytes are done. */
export type CallHandlers<M extends CallMap> = {
  readonly [N in keyof M]: (params: M[N]["params"], report: (done: number) => void) => Promise<M[N]["result"]>;
};

/** The worker's side. */
export function answerCalls<M extends CallMap>(handlers: CallHandlers<M>): void {
  self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
    const { call, verb, params } = data;
    handlers[verb as keyof M](params as never, (done) => self.postMessage({ call, done } satisfies Reply)).then(
      (result) => {
        const buffers = typeof result === "object" && result !== null ? transfers.get(result) : undefined;
        self.postMessage({ call, result } satisfies Reply, { transfer: [...(buffers ?? [])] });
      },
      (error: unknown) => self.postMessage({ call, failed: codeOf(error).toRecord() } satisfies Reply),
    );
  });
}

function codeOf(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  if (error instanceof DOMException && error.name === "QuotaExceededError") return new OperationError("STORAGE_FULL");
  return new OperationError("INTERNAL", { reportId: "workshop" });
}
