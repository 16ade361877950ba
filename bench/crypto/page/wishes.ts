/** What a page and its workers know of each other and of the server: what is asked for, where the modules are, what an answer is. */
import type { Engine, Figure } from "../../figure.ts";

interface Wishes {
  readonly engine: Engine;
  readonly rounds: number;
  readonly quick: boolean;
  /** What the metrics begin with. */
  readonly only: string;
}

/** From the address: of the page, and of each worker, which gets the same. */
export function wishes(): Wishes {
  const words = new URLSearchParams(location.search);
  return {
    engine: words.get("engine") === "firefox" ? "firefox" : "chromium",
    rounds: Number(words.get("rounds")),
    quick: words.get("quick") === "true",
    only: words.get("only") ?? "",
  };
}

export async function bytesAt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Our builds, as loadGm takes them; the relaxed one once there is one. */
export async function modules() {
  const relaxed = await bytesAt("/gm.relaxed.wasm").catch(() => null);
  return { simd: await bytesAt("/gm.simd.wasm"), ...(relaxed === null ? {} : { relaxed }) };
}

/** What a worker, or the page, gives whoever started it. */
export type Answer = { readonly figures: readonly Figure[] } | { readonly error: string };

export const answerOf = (figures: Promise<readonly Figure[]>): Promise<Answer> =>
  figures.then(
    (figures) => ({ figures }),
    (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
