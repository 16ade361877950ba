export type { Random } from "./face.ts";
export type { Gm, Sm2SignOptions, Sm3 } from "./gm.ts";
export { loadGm } from "./load.ts";
export type { LoadOptions } from "./load.ts";
