/** Requests for time stamps, stamps and answers, whatever comes: as in hostile.test.ts. */
import {
  createTimeStampRequest,
  encodeTimeStampResponse,
  issueTimeStampToken,
  oid,
  parseTimeStampRequest,
  parseTimeStampResponse,
  parseTimeStampToken,
  verifyTimeStampToken,
} from "@certbridge/pki";
import { expect } from "vitest";
import { gm, NOW, threeTiers, timeStamper } from "../../support/authority.ts";
import { kind, testKinds } from "../../support/malformed/kind.ts";
import { cases } from "../../support/oracles/runs.ts";

const { sub } = threeTiers();
const tsa = timeStamper(sub);
const digest = gm.sm3(new TextEncoder().encode("投标函"));
const genTime = new Date(NOW.getTime() + 1);
const policy = "1.2.3";

const requests = [createTimeStampRequest(digest, digest), createTimeStampRequest(digest, Uint8Array.of(1), policy)];
const stamping = { genTime, serialNumber: Uint8Array.of(7), policy, ...tsa };
const tokens = requests.map((der, at) =>
  issueTimeStampToken(gm, { ...stamping, request: parseTimeStampRequest(der), family: at === 0 ? "gm" : "rfc" }),
);
const responses = [
  ...tokens.map((token) => encodeTimeStampResponse({ status: "granted", token })),
  encodeTimeStampResponse({ status: "rejected", failure: "systemFailure", text: "停机" }),
];

const kinds = {
  request: kind(requests, parseTimeStampRequest, (request) => {
    const { imprint, nonce } = request;
    if (nonce === null || imprint.algorithm !== oid.sm3) return;
    const written = createTimeStampRequest(imprint.digest, nonce, request.policy ?? undefined);
    expect(parseTimeStampRequest(written)).toEqual({ ...request, certificates: true });
  }),
  token: kind(
    tokens,
    parseTimeStampToken,
    ({ info }) => {
      expect(info.genTime.getTime()).not.toBeNaN();
      expect(info.accuracyMs).not.toBeNaN();
    },
    (_token, der) => {
      const proved = verifyTimeStampToken(gm, der, { imprint: digest, trusted: () => true });
      expect(proved).toMatchObject({ genTime, policy, serialNumber: "07" });
    },
  ),
  response: kind(responses, parseTimeStampResponse, (response, der) => {
    if (response.status === "granted") expect(Buffer.from(der).includes(Buffer.from(response.token))).toBe(true);
    else expect(parseTimeStampResponse(encodeTimeStampResponse(response))).toEqual(response);
  }),
};

testKinds(kinds, (name) => (name === "token" ? cases(10_000, 1_000_000) : cases(5000, 500_000)));
