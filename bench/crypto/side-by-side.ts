/** Candidates of one task take turns; each round another one begins. What comes out are medians, and their ratio. */
import { type Engine, type Figure, median, round } from "../figure.ts";
import { boundOf } from "./bounds.ts";
import type { Candidate, Task } from "./candidate.ts";

async function ratesOf(candidates: readonly Candidate[], rounds: number): Promise<ReadonlyMap<Candidate, number>> {
  const rates = new Map<Candidate, number[]>(candidates.map((candidate) => [candidate, []]));
  for (const candidate of candidates) {
    await candidate.prove();
    await candidate.sample();
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % candidates.length;
    for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      rates.get(candidate)?.push(await candidate.sample());
    }
    // A page stays alive, and so does whoever waits for it.
    await new Promise((wait) => setTimeout(wait, 0));
  }
  return new Map([...rates].map(([candidate, samples]) => [candidate, median(samples)]));
}

/** One figure for each peer. Throws where an output is wrong, naming the task. */
export async function measure({ metric, unit, ours, peers }: Task, engine: Engine, rounds: number): Promise<Figure[]> {
  const rates = await ratesOf([ours, ...peers], rounds).catch((cause: unknown) => {
    throw new Error(`${metric}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const rateOf = (candidate: Candidate) => rates.get(candidate) ?? Number.NaN;
  return peers.map((peer) => ({
    metric,
    engine,
    against: peer.name,
    ours: round(rateOf(ours)),
    peer: round(rateOf(peer)),
    unit,
    ratio: round(rateOf(ours) / rateOf(peer)),
    ...boundOf(metric, engine, peer.name),
  }));
}
