/** Unpredictable bytes: salts, IVs and names of files. A parameter, given by main.ts. */
export type Random = (len: number) => Uint8Array;
