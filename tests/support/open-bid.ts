import type { OpenBid } from "@certbridge/protocol/host";

/** A bid that is well, as the program lists it. @param openingTime ISO 8601 */
export const openBidOf = (packageId: string, openingTime: string, change: Partial<OpenBid> = {}): OpenBid => ({
  packageId,
  lot: {
    platformId: "demo-a",
    platformName: "江南公共资源交易平台",
    origins: [],
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime,
    sequence: 1,
  },
  keyId: "key",
  authority: "江苏演示CA",
  notAfter: "2028-01-01T00:00:00Z",
  serialTail: "3F2A",
  madeAt: "2026-11-20T01:30:00Z",
  rehearsedAt: null,
  receiptAt: null,
  readiness: "green",
  results: [],
  ...change,
});
