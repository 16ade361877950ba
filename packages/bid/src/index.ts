/** The bid package (加密投标文件): written and read, its keys, its key block. docs/formats/bid-package.md */
export { checkBid, type PreflightFacts, readinessOf } from "./preflight.ts";
export { judgeOrder, judgeRelease, type Judgement, type OrderFacts, type ReleaseFacts } from "./release.ts";
