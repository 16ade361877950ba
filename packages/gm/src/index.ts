export type { Random } from "./face.ts";
export type { Gm, Sm2Signer, Sm2SignOptions, Sm3 } from "./gm.ts";
export type { GcmRun, OpenedGcmRun } from "./run.ts";
export { loadGm, loadModule } from "./load.ts";
export type { LoadOptions } from "./load.ts";
