import { type PackageWriter, payloadKeys, planStream, sealRun } from "@certbridge/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { Hands } from "../../../extension/workshop/package/hands.ts";
import { writePayload } from "../../../extension/workshop/package/payload.ts";
import type { HandCalls } from "../../../extension/workshop/package/wire.ts";
import { gm } from "../../support/authority.ts";

/** The payload over many hands, these ones in this thread: that a disk which takes no more ends the work, and not only the package. */

const MIB = 1024 * 1024;
const { segmentLen } = limits;
const keys = payloadKeys(gm, new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(300)));

function hash({ bytes }: HandCalls["hash"]["params"]): HandCalls["hash"]["result"] {
  const digests = Array.from({ length: Math.ceil(bytes.length / segmentLen) }, (_, at) =>
    gm.sm3(bytes.subarray(at * segmentLen, (at + 1) * segmentLen)),
  );
  return { digests, bytes };
}

const hands: Hands = {
  begin: (verb, params) => {
    const done = verb === "seal" ? sealRun(gm, keys, params as never) : hash(params as never);
    return Promise.resolve({ result: Promise.resolve(done as never) });
  },
  close: () => undefined,
};

/** A file that counts how much of it was read. */
function openContent(len: number) {
  // Of many parts: a part comes whole.
  const content = new Blob(Array.from({ length: len / MIB }, () => new Uint8Array(MIB)));
  const read = { len: 0 };
  const slice = content.slice.bind(content);
  content.slice = (from, to) => {
    const part = slice(from, to);
    const [stream, arrayBuffer] = [part.stream.bind(part), part.arrayBuffer.bind(part)];
    part.arrayBuffer = () => {
      read.len += part.size;
      return arrayBuffer();
    };
    part.stream = () => {
      const reader = stream().getReader();
      return new ReadableStream({
        type: "bytes",
        async pull(into) {
          const { value } = await reader.read();
          if (value !== undefined) {
            read.len += value.length;
            return into.enqueue(value);
          }
          into.close();
          into.byobRequest?.respond(0);
        },
      });
    };
    return part;
  };
  return { content, read };
}

function openWriting(len: number, add: PackageWriter["add"]) {
  const { content, read } = openContent(len);
  const { plan, start } = planStream([{ name: "技术标.pdf", size: len }]);
  const whole = { add } as PackageWriter;
  return {
    plan,
    read,
    done: writePayload({ gm, hands, plan, start, contents: [content], whole, report: () => undefined }),
  };
}

test("a disk that is full at the first segment ends it at the next batch: the rest is not read", async () => {
  const { read, done } = openWriting(64 * MIB, () => Promise.reject(new OperationError("STORAGE_FULL")));
  await expect(done).rejects.toMatchObject({ code: "STORAGE_FULL" });
  // The batch that failed, the one that finds it out, and the slice that is read ahead.
  expect(read.len).toBeLessThanOrEqual(16 * MIB);
});

test("a disk that is full at the last segment is told as well", async () => {
  let left = 0;
  const { plan, done } = openWriting(5 * MIB, () =>
    --left < 0 ? Promise.reject(new OperationError("STORAGE_FULL")) : Promise.resolve(),
  );
  left = plan.segments - 1;
  await expect(done).rejects.toMatchObject({ code: "STORAGE_FULL" });
});

test("with room for all of it every segment comes, in order", async () => {
  const sealed: Uint8Array[] = [];
  const { plan, read, done } = openWriting(9 * MIB, async (segment) => void sealed.push(segment));
  await done;
  expect(sealed).toHaveLength(plan.segments);
  // And one byte once more, to see whether the file was changed.
  expect(read.len).toBe(9 * MIB + 1);
});
