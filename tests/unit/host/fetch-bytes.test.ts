/** The one way to a network: where it goes on to, and where never. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFetchBytes } from "../../../apps/host/src/fetch-bytes.ts";
import { openOutside, type OutsideServer } from "../../support/outside.ts";

const fetchBytes = createFetchBytes(2000);
const LIST = Uint8Array.of(1, 2, 3);

/** Who is asked, and somebody else at the same computer. */
let asked: OutsideServer;
let other: OutsideServer;
beforeEach(async () => {
  [asked, other] = await Promise.all([openOutside(), openOutside()]);
  other.answer = () => LIST;
});
afterEach(() => Promise.all([asked.close(), other.close()]));

const askFor = (path: string) => fetchBytes({ url: `${asked.url}${path}`, maxLen: 3 });
const portOf = ({ url }: OutsideServer) => new URL(url).port;

describe("a redirection", () => {
  test("is followed once, at the same host", async () => {
    asked.answer = (_body, path) => (path === "/list" ? LIST : { location: path === "/old" ? "/list" : "/old" });
    expect(new Uint8Array(await askFor("/old"))).toEqual(LIST);
    expect(asked.asked).toEqual(["GET /old", "GET /list"]);
    await expect(askFor("/older")).rejects.toThrow("answered 302");
    expect(asked.asked.slice(2)).toEqual(["GET /older", "GET /old"]);
  });

  test("to another host, port or scheme reaches nobody", async () => {
    const elsewhere = [
      `${other.url}/list`,
      `//127.0.0.1:${portOf(other)}/list`,
      `http://localhost:${portOf(other)}/list`,
      `http://localhost:${portOf(asked)}/list`,
      "file:///etc/hostname",
      "data:application/pkix-crl,x",
      "http://[",
    ];
    for (const location of elsewhere) {
      asked.answer = (_body, path) => (path === "/old" ? { location } : LIST);
      await expect(askFor("/old"), location).rejects.toThrow("answered 302");
    }
    expect(new Set(asked.asked)).toEqual(new Set(["GET /old"]));
    expect(other.asked).toEqual([]);
  });

  test("takes no question that was sent with it anywhere", async () => {
    for (const status of [302, 307, 308]) {
      asked.answer = (_body, path) => (path === "/stamp" ? { location: "/else", status } : LIST);
      const body = { type: "application/timestamp-query", content: LIST };
      const asking = fetchBytes({ url: `${asked.url}/stamp`, body, maxLen: 3 });
      await expect(asking, String(status)).rejects.toThrow(`answered ${status}`);
    }
    expect(new Set(asked.asked)).toEqual(new Set(["POST /stamp"]));
  });
});

test("an answer that is longer than it may be is not read to its end", async () => {
  asked.answer = () => new Uint8Array(4);
  await expect(askFor("/list")).rejects.toThrow("longer than it may be");
});
