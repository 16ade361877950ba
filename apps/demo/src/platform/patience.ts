/** An authority that does not answer is one that fails: nobody waits for it without end. */
import type { TimeStamping } from "@certbridge/verify";

/** The same authority, waited for this long. @throws Error "the authority did not answer in time", and what the authority's function throws */
export function withPatience({ stamp, keysSm3 }: TimeStamping, waitMs: number): TimeStamping {
  return {
    keysSm3,
    async stamp(imprint) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("the authority did not answer in time")), waitMs);
      });
      try {
        return await Promise.race([stamp(imprint), late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
