/** The legacy profile (旧格式): an envelope of GM/T 0010 in SignedData. Read always, written where the registry says so. docs/formats/legacy-package.md */
export { encodeLegacyContext, type LegacyContext } from "./context.ts";
export { archiveLenOf } from "./archive.ts";
export {
  contentKeyOfFileKey,
  contentKeyOfRecipient,
  LEGACY_FIRST_BYTE,
  legacyKeyOf,
  type OpenedLegacyPackage,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
} from "./read.ts";
export { verifyLegacyTrailer } from "./signature.ts";
export { beginLegacyPackage, type LegacyPackageParts, type LegacyPackageWriter } from "./write.ts";
export { writeLegacyContent } from "./write-package.ts";
