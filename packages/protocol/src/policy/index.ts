export {
  type GoodValues,
  noPolicy,
  type Policy,
  type PolicyProblem,
  type PolicyProblemKind,
  policyProblemKinds,
  type PolicySetting,
  readGoodValues,
  readPolicy,
} from "./read.ts";
export {
  isPolicyKey,
  POLICY_SCHEMA_VERSION,
  policyEffects,
  type PolicyKey,
  policyKeys,
  type PolicyName,
  policyNames,
  policySchema,
  type PolicyValues,
} from "./schema.ts";
