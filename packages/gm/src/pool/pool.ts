/**
 * SM4-CTR, SM4-GCM and SM3 over many cores: a message goes in segments of 1 MiB to workers and comes back in order. How a worker is
 * made is the environment's matter and comes in as a parameter.
 */
import { checkBytes, checkCount, checkGcm, checkGcmLen, checkLen, GCM_LIMIT } from "../check.ts";
import { checkRun, type GcmRun, type OpenedGcmRun } from "../run.ts";
import { createBuffers } from "./buffers.ts";
import { type CrewJob, type Done, openCrew } from "./crew.ts";
import type { PoolWorker, Work } from "./messages.ts";
import { segmentsOf } from "./pipeline.ts";
import type { Source } from "./source.ts";

/** Segments that a worker's share of the buffers holds: one in work, one at hand, one being read, one being written. */
const BUFFERS_EACH = 4;

const TAG_LEN = 16;
const SM3_LEN = 32;

/** More workers than any machine of a bidder has cores. */
const WORKERS_LIMIT = 64;

type Bytes = Uint8Array<ArrayBuffer>;

export interface GmPoolOptions {
  /** How many, 1 to 64. Default 2. */
  readonly workers?: number;
  /** One build of the core, compiled: `loadModule` gives the better one that works here. Every worker gets it. */
  readonly module: WebAssembly.Module;
  /** Makes a worker: `fromWebWorker`, or `fromNodeWorker` of `@certbridge/gm/pool/node`. Called again where one has to be replaced. */
  readonly spawn: () => PoolWorker;
}

export interface JobOptions {
  /** Ends the job: the promise, or the next chunk that is asked for, rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface GcmOptions extends JobOptions {
  /** Associated data, authenticated beside the message. Default: none. */
  readonly aad?: Uint8Array;
}

/**
 * Workers, with what they share. A chunk that a stream gives is lent: its bytes are the pool's again when the next one is asked for, so
 * write it or copy it before. Nothing begins before the first chunk is asked for. A source is read as far as there are buffers: four
 * segments for each worker in all, and one for each further job that finds none left.
 *
 * A job that fails, is cancelled, or whose stream is left (`break`) has nothing running and nothing of its key in a worker when that is known to
 * the caller; segments at a worker are finished first, some milliseconds. A stream that is neither read to its end nor left nor
 * cancelled keeps its buffers and its key, and one of which no chunk was ever asked for its copy of the key.
 *
 * Where a worker ends by itself, jobs that had something there fail with an Error, since their segments are lost with it; it is
 * replaced, and others go on. Nothing is done twice.
 *
 * Keys are copied, and the copies wiped at the job's end; an engine may keep its own for a while of what it sends to a worker.
 */
export interface GmPool {
  /** When a first worker has passed its self-test and is warm. Rejects where none can be started; so does every job then. */
  readonly ready: Promise<void>;
  /**
   * SM4-CTR of any length; the same call decrypts. Key and counter 16 bytes, as of `Gm.sm4Ctr`. GB/T 17964-2021 clause 9.
   *
   * @throws RangeError or TypeError for a wrong shape, at once
   */
  ctr(key: Uint8Array, counter: Uint8Array, source: Source, options?: JobOptions): AsyncGenerator<Bytes, void>;
  /**
   * SM4-GCM: the ciphertext in chunks, and the tag, 16 bytes, as the last one. Key 16 bytes, nonce of any length from 1 byte on, as of
   * `Gm.sm4GcmEncrypt`. NIST SP 800-38D clause 7.1. Fails with a RangeError where the plaintext is longer than 2³⁶ − 32 bytes.
   *
   * @throws RangeError or TypeError for a wrong shape, at once
   */
  gcmEncrypt(key: Uint8Array, nonce: Uint8Array, source: Source, options?: GcmOptions): AsyncGenerator<Bytes, void>;
  /**
   * The plaintext of ciphertext ‖ tag, both whole in memory; null where they, nonce or aad are not what was encrypted. There is no
   * stream of it: of one GCM message nothing is proved before its end, and a plaintext that nobody vouches for is not given out. What is
   * longer than memory is to be encrypted as many messages. `sealed` must not change before the promise is settled.
   */
  gcmDecrypt(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, options?: GcmOptions): Promise<Bytes | null>;
  /**
   * As `Gm.sm4GcmDecryptRun`, by one worker: several runs take several. The memory of `sealed` goes there and becomes that of the plaintexts, so
   * that nothing is copied; where it is a part of a larger one, a copy does.
   *
   * @throws RangeError or TypeError for a wrong shape
   */
  gcmDecryptRun(key: Uint8Array, run: GcmRun): Promise<OpenedGcmRun | null>;
  /** SM3, 32 bytes. One message is one chain and takes one worker; several messages take several. */
  sm3(source: Source, options?: JobOptions): Promise<Bytes>;
  /** Ends all workers. What they are at, and everything after, fails. */
  close(): Promise<void>;
}

/** Rows of 16 bytes, one for each segment, in an array that doubles. */
function createRows() {
  let rows: Bytes = new Uint8Array(64 * TAG_LEN);
  let len = 0;
  return {
    add(row: Uint8Array): void {
      if (len === rows.length) {
        const larger = new Uint8Array(2 * len);
        larger.set(rows);
        rows = larger;
      }
      rows.set(row, len);
      len += row.length;
    },
    bytes: () => rows.slice(0, len),
  };
}

async function* inOnePiece(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}

const NO_BYTES = new Uint8Array(0);

/** A copy of its own memory: what is sent to a worker takes all of its memory along. */
const copyOf = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);

/** The bytes of a segment that has come back. */
const bytesOf = ({ loan, len }: Done): Bytes => new Uint8Array(loan.buffer, 0, len);

export function createGmPool({ workers = 2, module, spawn }: GmPoolOptions): GmPool {
  checkCount("workers", workers, 1, WORKERS_LIMIT);
  const buffers = createBuffers(workers * BUFFERS_EACH);
  const crew = openCrew({ workers, module, spawn, buffers });

  /** Leaves nothing of a job behind, however it ended. */
  function conclude(job: CrewJob): void {
    job.end();
    buffers.clean();
  }

  async function* encipher(work: Work, source: Source, signal?: AbortSignal): AsyncGenerator<Bytes, void> {
    const job = crew.begin(work);
    try {
      for await (const done of segmentsOf(buffers, job, source, signal)) yield bytesOf(done);
    } finally {
      conclude(job);
    }
  }

  async function* seal(work: Work, aad: Bytes, source: Source, signal?: AbortSignal): AsyncGenerator<Bytes, void> {
    const job = crew.begin(work);
    const parts = createRows();
    let len = 0;
    try {
      for await (const done of segmentsOf(buffers, job, source, signal)) {
        len += done.len;
        checkGcmLen("source", len);
        parts.add(done.bytes);
        yield bytesOf(done);
      }
      const tag = await job.finish({ mode: "gcm", aad, parts: parts.bytes(), len, tag: null });
      signal?.throwIfAborted();
      yield tag;
    } finally {
      conclude(job);
    }
  }

  return {
    ready: crew.ready,
    ctr(key, counter, source, { signal } = {}) {
      checkLen("key", key, 16);
      checkLen("counter", counter, 16);
      return encipher({ mode: "ctr", key: copyOf(key), counter: copyOf(counter) }, source, signal);
    },
    gcmEncrypt(key, nonce, source, { aad = NO_BYTES, signal } = {}) {
      checkGcm(key, nonce, aad);
      return seal({ mode: "gcm", key: copyOf(key), nonce: copyOf(nonce), sealing: true }, copyOf(aad), source, signal);
    },
    async gcmDecrypt(key, nonce, sealed, { aad = NO_BYTES, signal } = {}) {
      checkGcm(key, nonce, aad);
      checkBytes("sealed", sealed);
      const len = sealed.length - TAG_LEN;
      if (len < 0 || len > GCM_LIMIT) return null;
      const parts = createRows();
      const plain = new Uint8Array(len);
      const closing = { mode: "gcm", aad: copyOf(aad), len, tag: copyOf(sealed.subarray(len)) } as const;
      let proved = false;
      let at = 0;
      const job = crew.begin({ mode: "gcm", key: copyOf(key), nonce: copyOf(nonce), sealing: false });
      try {
        for await (const done of segmentsOf(buffers, job, inOnePiece(sealed.subarray(0, len)), signal)) {
          plain.set(bytesOf(done), at);
          at += done.len;
          parts.add(done.bytes);
        }
        const same = await job.finish({ ...closing, parts: parts.bytes() });
        signal?.throwIfAborted();
        proved = same.length === TAG_LEN;
        return proved ? plain : null;
      } finally {
        if (!proved) plain.fill(0);
        conclude(job);
      }
    },
    async gcmDecryptRun(key, run) {
      checkRun(key, run);
      const { nonces, sealed, hashSealed, parts } = run;
      const { buffer } = sealed.length === sealed.buffer.byteLength ? sealed : copyOf(sealed);
      const job = crew.begin({ mode: "gcm-run", key: copyOf(key) });
      try {
        const asked = { nonces: nonces.map(copyOf), hashSealed, parts };
        const { bytes, buffer: opened } = await job.open(buffer, asked);
        if (bytes.length === 0 || opened === null) return null;
        const digests = Array.from({ length: (bytes.length - 1) / SM3_LEN }, (_, place) =>
          bytes.slice(1 + SM3_LEN * place, 1 + SM3_LEN * (place + 1)),
        );
        const first = hashSealed ? nonces.length : 0;
        return {
          plain: new Uint8Array(opened, 0, opened.byteLength - TAG_LEN * nonces.length),
          sealedSm3: digests.slice(0, first),
          partsSm3: digests.slice(first),
        };
      } finally {
        conclude(job);
      }
    },
    async sm3(source, { signal } = {}) {
      const job = crew.begin({ mode: "sm3" });
      try {
        const segments = segmentsOf(buffers, job, source, signal);
        while ((await segments.next()).done !== true);
        const digest = await job.finish({ mode: "sm3" });
        signal?.throwIfAborted();
        return digest;
      } finally {
        conclude(job);
      }
    },
    async close() {
      await crew.close();
      buffers.clean();
    },
  };
}
