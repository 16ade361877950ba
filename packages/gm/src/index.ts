export type { Gm, Sm2SignOptions, Sm3 } from "./gm.ts";
