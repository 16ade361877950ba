/** The inner functions, for tests only (`build/wasm/gm.probe.wasm`): nothing that ships imports this. */
export * from "./index";
export { baseEntry, baseMultiply, baseOdds, combAddPublic, baseComb, GENERATOR } from "./sm2/base-table";
export { wnaf } from "./sm2/digits";
export { FE_B, FE_ONE, P, RR as RR_P } from "./sm2/field";
export { feFromBytes, feInv, feIsZero, feSub, feToBytes, feTriple } from "./sm2/field";
export { feMul, feSqr } from "./sm2/field-product";
export { BIAS, BIAS_HALF, FIRST_BIAS, HALF_32, MASK, MASK_32 } from "./sm2/pair";
export { pairMul, pairMulSub } from "./sm2/pair-product";
export { pairSqr, pairSqrSub } from "./sm2/pair-square";
export { limbsFromBytes, limbsToBytes } from "./sm2/limbs";
export { pointMultiply, pointMultiplySum } from "./sm2/multiply";
export { affineFromBytes, pointToBytes } from "./sm2/coordinates";
export { SECOND_ONE, affineNegate, pointAddAffine, pointAddPublic, pointDouble } from "./sm2/point";
export { pointFromAffine, pointZero } from "./sm2/point";
export { ELEVEN_N, N, N_MINUS_ONE, P_MINUS_N, RR as RR_N } from "./sm2/scalar";
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
export { NUMBERS } from "./sm4/counters";
export { cipherChain, cipherEight, holdKeys } from "./sm4/cipher";
