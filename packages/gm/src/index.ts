export type { Gm, Sm2SignOptions, Sm3 } from "./gm.ts";
export { loadGm, type LoadOptions } from "./load.ts";
