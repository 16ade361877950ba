/** The inner functions, for tests only (`build/wasm/gm.probe.wasm`): nothing that ships imports this. */
export * from "./index";
export { baseEntry, baseMultiply, GENERATOR, pointMultiply } from "./sm2/base-table";
export { FE_B, FE_ONE, P, RR as RR_P } from "./sm2/field";
export { feAdd, feFromBytes, feInv, feIsZero, feNorm, feScale, feSub, feToBytes } from "./sm2/field";
export { feMul, feSqr } from "./sm2/field-product";
export { limbsFromBytes, limbsToBytes } from "./sm2/limbs";
export {
  pointAdd,
  pointAddAffine,
  pointDouble,
  pointFromBytes,
  pointNegate,
  pointToBytes,
  pointZero,
} from "./sm2/point";
export { N, N_MINUS_ONE, N_MINUS_TWO, RR as RR_N } from "./sm2/scalar";
export {
  scAdd,
  scEqual,
  scFromBytes,
  scFromBytesInRange,
  scInv,
  scIsKey,
  scIsZero,
  scMul,
  scSub,
  scToBytes,
} from "./sm2/scalar";
export { N_DASH } from "./sm2/scalar-product";
export { SBOX, sm4Blocks } from "./sm4/cipher";
