import * as fc from "fast-check";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { expect, test } from "vitest";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { codeOf, createWorld, makeToken, OWNER } from "../../unit/verify/world.ts";

const world = createWorld();

/** Where a token holds bytes: certificate, the one certificate above it, signature. */
const parts = ["certificate", "chain", "signature"] as const;

test(
  "a token with any bit of its bytes turned is refused",
  async () => {
    const sample = makeToken(world.jianye, world.nonce());
    const lenOf = (text: string | undefined) => decodeBase64Url(text ?? "").length;
    const lens = { certificate: lenOf(sample.certificate), chain: lenOf(sample.chain?.[0]), signature: 64 };
    const places = fc
      .constantFrom(...parts)
      .chain((part) => fc.tuple(fc.constant(part), fc.nat(lens[part] - 1), fc.integer({ min: 1, max: 255 })));
    await fc.assert(
      fc.asyncProperty(places, async ([part, at, mask]) => {
        const token = makeToken(world.jianye, world.nonce());
        const bytes = decodeBase64Url(part === "chain" ? (token.chain?.[0] ?? "") : token[part]);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ mask;
        const text = encodeBase64Url(bytes);
        const altered = { ...token, [part]: part === "chain" ? [text] : text };
        expect(await codeOf(world.verifier.verifyLogin(altered, OWNER))).not.toBe("accepted");
      }),
      cases(200, 20_000),
    );
  },
  timeoutMs,
);

test(
  "a token with any letter of its text changed is refused",
  async () => {
    const text = JSON.stringify(makeToken(world.jianye, world.nonce()));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom(..."Ax0_-=,é".split(""), '"', "{", "}", " "),
        async (at, letter) => {
          const genuine = JSON.stringify(makeToken(world.jianye, world.nonce()));
          fc.pre(genuine[at] !== letter);
          const altered = genuine.slice(0, at) + letter + genuine.slice(at + 1);
          let posted: unknown = altered;
          try {
            posted = JSON.parse(altered);
          } catch {
            // No JSON at all: a server may hand the text on as it is.
          }
          // White space between the parts changes nothing that was said.
          fc.pre(JSON.stringify(posted) !== genuine);
          expect(await codeOf(world.verifier.verifyLogin(posted, OWNER))).not.toBe("accepted");
        },
      ),
      cases(200, 20_000),
    );
  },
  timeoutMs,
);
