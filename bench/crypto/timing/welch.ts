/** Are two sets of times of one distribution? Welch's t, after Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (2016). */

/**
 * |t| from here on says that the times tell the secrets apart. 4.5 is the custom of leakage assessment (ISO/IEC 17825; Goodwill and others,
 * 2011): with this many samples t is normal where there is no leak, and passes 4.5 in 7 of a million tests.
 */
export const THRESHOLD = 4.5;

/** Shares of the fastest samples that are kept. What an interruption or a collection of garbage lengthened is cut off, differently far. */
const KEPT = [1, 0.99, 0.95, 0.9, 0.75, 0.5];

/** Sums over the samples up to a limit. */
function momentsOf(
  samples: Float64Array,
  limit: number,
): { readonly n: number; readonly mean: number; readonly variance: number } {
  // Welford's recurrence: sums of squares would drown the difference.
  let [n, mean, squares] = [0, 0, 0];
  for (const sample of samples) {
    if (sample > limit) continue;
    n++;
    const off = sample - mean;
    mean += off / n;
    squares += off * (sample - mean);
  }
  return { n, mean, variance: squares / (n - 1) };
}

/** (mean a − mean b) ÷ √(variance a ÷ n a + variance b ÷ n b), over the samples up to a limit. */
function welch(a: Float64Array, b: Float64Array, limit: number): number {
  const [of, other] = [momentsOf(a, limit), momentsOf(b, limit)];
  const spread = Math.sqrt(of.variance / of.n + other.variance / other.n);
  return of.n < 2 || other.n < 2 || spread === 0 ? 0 : (of.mean - other.mean) / spread;
}

/** The largest |t| of all cuts, whose limits are percentiles of both sets together. */
export function largestT(a: Float64Array, b: Float64Array): number {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  both.sort();
  const limits = KEPT.map((share) => both[Math.ceil(share * both.length) - 1] ?? 0);
  return Math.max(...limits.map((limit) => Math.abs(welch(a, b, limit))));
}
