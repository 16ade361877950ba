export type { Job } from "@certbridge/protocol/page/jobs";
export type { CallOptions, SharedCertificate } from "./api.ts";
export { detect, MISSING_SENTENCE, OLD_KERNEL_SENTENCE } from "./detect.ts";
export { type MissingDetails, type PageError, type PageErrorCode, SharedCertificateError } from "./errors.ts";
