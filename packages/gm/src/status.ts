/** The status numbers of `wasm-core/status.ts`, as the face reads them. */
export const OK = 0;
