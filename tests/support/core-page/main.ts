/** A page that runs the cryptographic core in whatever browser opens it, and hands in what it found. */
import { type Gm, loadGm } from "@certbridge/gm";
import { createGmPool, fromWebWorker } from "@certbridge/gm/pool";
import { judgeVectors, type Verdict } from "./judge.ts";

/** What a build did here; null where the engine does not take it. */
interface BuildReport extends Verdict {
  /** Jobs of the pool that gave what the face gives in the page. */
  readonly same: readonly string[];
  readonly differ: readonly string[];
}

export interface Report {
  readonly simd: BuildReport | null;
  readonly relaxed: BuildReport | null;
  /** Whether both together, as they ship, start here. */
  readonly starts: boolean;
}

/** What is handed in. */
export type Answer = { readonly report: Report } | { readonly error: string };

/** Three segments of the pool and a bit. */
const LEN = 3 * 1024 * 1024 + 7;

type Bytes = Uint8Array<ArrayBuffer>;

const isSame = (a: Uint8Array | null, b: Uint8Array): boolean =>
  a !== null && a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Chunks are lent: each is copied before the next is asked for. */
async function gather(chunks: AsyncIterable<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return new Blob(parts).bytes();
}

async function judgePool(gm: Gm, module: WebAssembly.Module): Promise<Pick<BuildReport, "same" | "differ">> {
  const [key, counter, aad] = [new Uint8Array(16).fill(3), new Uint8Array(16).fill(255), new Uint8Array(33).fill(4)];
  const nonce = counter.subarray(0, 12);
  const data = gm.sm4Ctr(key, new Uint8Array(16), new Uint8Array(LEN));
  const sealed = gm.sm4GcmEncrypt(key, nonce, data, aad);
  const forged = sealed.slice();
  forged[LEN - 1] = (forged[LEN - 1] ?? 0) ^ 1;
  const spawn = () => fromWebWorker(new Worker("/worker.js", { type: "module" }));
  const source = () => new Blob([data]).stream();
  const pool = createGmPool({ workers: 2, module, spawn });
  try {
    await pool.ready;
    const results: Readonly<Record<string, boolean>> = {
      ctr: isSame(await gather(pool.ctr(key, counter, source())), gm.sm4Ctr(key, counter, data)),
      gcmEncrypt: isSame(await gather(pool.gcmEncrypt(key, nonce, source(), { aad })), sealed),
      gcmDecrypt: isSame(await pool.gcmDecrypt(key, nonce, sealed, { aad }), data),
      "gcmDecrypt of a forgery": (await pool.gcmDecrypt(key, nonce, forged, { aad })) === null,
      sm3: isSame(await pool.sm3(source()), gm.sm3(data)),
    };
    const named = (wanted: boolean) => Object.keys(results).filter((name) => results[name] === wanted);
    return { same: named(true), differ: named(false) };
  } finally {
    await pool.close();
  }
}

async function reportOn(program: ArrayBuffer): Promise<BuildReport | null> {
  if (!WebAssembly.validate(program)) return null;
  const module = await WebAssembly.compile(program);
  let fixed: Uint8Array | null = null;
  const gm = await loadGm({
    simd: module,
    random(into) {
      if (fixed === null) crypto.getRandomValues(into);
      else into.set(fixed);
      fixed = null;
    },
  });
  const verdict = judgeVectors(gm, (next) => (fixed = next));
  return { ...verdict, ...(await judgePool(gm, module)) };
}

const programAt = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();

async function reportAll(): Promise<Report> {
  const [simd, relaxed] = await Promise.all([programAt("/gm.simd.wasm"), programAt("/gm.relaxed.wasm")]);
  const together = await loadGm({ simd, relaxed });
  return {
    starts: together.sm3(new Uint8Array(0)).length === 32,
    simd: await reportOn(simd),
    relaxed: await reportOn(relaxed),
  };
}

const answer: Answer = await reportAll().then(
  (report) => ({ report }),
  (error: unknown) => ({ error: String(error) }),
);
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
