export { builtinRegistry } from "./builtin.ts";
export { readCredential, type SignedCredential } from "./credential.ts";
export { type DeviceProfile, deviceProfile } from "./device-profile.ts";
export { readOrder, type SignedOrder } from "./order.ts";
export { type Asker, isListedCommittee, readNotice, type SignedNotice } from "./notice.ts";
export { isOpeningReceipt, readOpeningReceipt, readReceipt, type SignedReceipt } from "./receipt.ts";
export {
  findAuthority,
  findPlatform,
  parseRegistry,
  type RegisteredAuthority,
  type RegisteredPlatform,
  type Registry,
} from "./registry.ts";
