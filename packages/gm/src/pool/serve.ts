/**
 * A worker's side of the pool: segments in, segments out, in the order in which they come. Holds the keys of the jobs it has begun, and wipes
 * them when they end; between two segments nothing of them is in the module's memory.
 */
import { openCore } from "../core/index.ts";
import { decryptRun } from "../run.ts";
import { createGm } from "../face.ts";
import { selfTest } from "../self-test.ts";
import type { Answer, FromWorker, Request, ToWorker, Work } from "./messages.ts";
import { openSegments } from "../core/segments.ts";

/** How a job's requests are answered, and how it is forgotten. */
interface Bench {
  answer(request: Request): Answer;
  wipe(): void;
}

/** Rounds of the dummy batch, and its bytes: an engine compiles well only what it has seen run. */
const WARM_ROUNDS = 4;
const WARM_LEN = 65_536;

const NO_BYTES = new Uint8Array(0);

/** Bytes of a digest. */
const SM3_LEN = 32;

/** Starts the module and tests it; what it answers turns a job's work into its bench. */
function openEngine(module: WebAssembly.Module): (work: Work) => Bench {
  const instance = new WebAssembly.Instance(module);
  const core = openCore(instance);
  const segments = openSegments(instance);
  const noRandomness = (): never => {
    throw new Error("a worker of the pool draws no randomness");
  };
  selfTest(createGm(core, noRandomness), core);

  function openBench(work: Work): Bench {
    if (work.mode === "sm3") {
      const state = core.sm3Start();
      return {
        answer(request) {
          if (request.kind === "finish") return { buffer: null, bytes: core.sm3Digest(state) };
          if (request.kind !== "segment") throw new Error("this job has no request of that kind");
          core.sm3Update(state, new Uint8Array(request.buffer, 0, request.len));
          return { buffer: request.buffer, bytes: NO_BYTES };
        },
        wipe: () => void state.fill(0),
      };
    }
    const { key } = work;
    if (work.mode === "gcm-run") {
      return {
        answer(request) {
          if (request.kind !== "run") throw new Error("this job has no request of that kind");
          const { buffer, run } = request;
          const opened = decryptRun(core, key, { ...run, sealed: new Uint8Array(buffer) });
          if (opened === null) return { buffer, bytes: NO_BYTES };
          const digests = [...opened.sealedSm3, ...opened.partsSm3];
          const bytes = new Uint8Array(1 + SM3_LEN * digests.length);
          bytes[0] = 1;
          for (const [place, digest] of digests.entries()) bytes.set(digest, 1 + SM3_LEN * place);
          return { buffer, bytes };
        },
        wipe: () => void key.fill(0),
      };
    }
    const first = work.mode === "ctr" ? work.counter : segments.firstCounter(key, work.nonce);
    return {
      answer(request) {
        if (request.kind === "finish") {
          const { closing } = request;
          if (closing.mode !== "gcm") throw new Error("this job has no end of that kind");
          const { aad, parts, len, tag } = closing;
          return { buffer: null, bytes: segments.gcmTag(key, first, aad, parts, len, tag) };
        }
        if (request.kind !== "segment") throw new Error("this job has no request of that kind");
        const { index, buffer } = request;
        const data = new Uint8Array(buffer, 0, request.len);
        if (work.mode === "gcm") {
          return { buffer, bytes: segments.gcm(key, first, index, data, work.sealing) };
        }
        segments.ctr(key, first, index, data);
        return { buffer, bytes: NO_BYTES };
      },
      wipe() {
        key.fill(0);
        first.fill(0);
      },
    };
  }

  const data = new ArrayBuffer(WARM_LEN);
  const [key, nonce] = [new Uint8Array(16), new Uint8Array(12)];
  for (let round = 0; round < WARM_ROUNDS; round++) {
    for (const work of [{ mode: "sm3" }, { mode: "gcm", key, nonce, sealing: true }] as const) {
      openBench(work).answer({ kind: "segment", index: 0, buffer: data, len: WARM_LEN });
    }
  }
  return openBench;
}

/** What to do with each message; `post` brings the answers back. An engine that fails its tests throws, and the worker ends. */
export function serve(post: (message: FromWorker, transfer: ArrayBuffer[]) => void): (message: ToWorker) => void {
  let openBench: ((work: Work) => Bench) | undefined;
  const benches = new Map<number, Bench>();

  function answer(job: number, task: number, request: Request): void {
    const buffer = request.kind === "finish" ? null : request.buffer;
    const transfer = buffer === null ? [] : [buffer];
    try {
      const bench = benches.get(job);
      if (bench === undefined) throw new Error("this job has not begun");
      post({ kind: "answer", task, answer: bench.answer(request) }, transfer);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      post({ kind: "failure", task, buffer, message }, transfer);
    }
  }

  return (message) => {
    switch (message.kind) {
      case "start":
        openBench = openEngine(message.module);
        post({ kind: "ready" }, []);
        break;
      case "begin":
        if (openBench !== undefined) benches.set(message.job, openBench(message.work));
        break;
      case "ask":
        answer(message.job, message.task, message.request);
        break;
      case "end":
        benches.get(message.job)?.wipe();
        benches.delete(message.job);
        break;
    }
  };
}
