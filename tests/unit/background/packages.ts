/** Finished packages in memory, by the request that made them; a test puts them there, and takes them away. */
export function openPackages() {
  const whole = new Map<string, Blob>();
  /** What a sweep was told of these requests' half-written files. */
  const parts = new Map<string, boolean>();
  return {
    whole,
    parts,
    find: (id: string, packageId: string, len: number): Promise<File | null> => {
      const kept = whole.get(id);
      return Promise.resolve(kept?.size === len ? new File([kept], `${packageId}.cbid`) : null);
    },
    async sweep(isWritten: (id: string) => Promise<boolean>): Promise<void> {
      for (const id of parts.keys()) parts.set(id, await isWritten(id));
    },
  };
}
