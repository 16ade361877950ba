/**
 * The one way from this program to a network (联网): to a CA and to a time-stamping authority, where a person has just confirmed something in our
 * own window. What answers is believed nothing that its signature does not say.
 */

/** For one question, its redirections and the whole of its answer. First aid has ten seconds for everything. Milliseconds. */
export const ASK_MS = 3000;

export interface Question {
  readonly url: string;
  /** Sent by POST, where there is any. */
  readonly body?: { readonly type: string; readonly content: Uint8Array };
  /** Bytes of the answer: nothing longer is read. */
  readonly maxLen: number;
}

/** The body of an answer 200 to 299. Rejects for everything else: no answer in time, another status, an answer that is longer. */
export type FetchBytes = (question: Question) => Promise<Uint8Array>;

const HEADERS = { "Cache-Control": "no-cache" };

async function readBody(body: ReadableStream<Uint8Array>, maxLen: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let len = 0;
  // Leaving the loop cancels the stream.
  for await (const piece of body) {
    len += piece.length;
    if (len > maxLen) throw new RangeError("longer than it may be");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** By the platform's own `fetch`: it follows no redirection to another scheme than http and https, and sends nothing of the caller's. */
export function createFetchBytes(askMs = ASK_MS): FetchBytes {
  return async ({ url, body, maxLen }) => {
    const sent = body === undefined ? {} : { method: "POST", body: new Uint8Array(body.content) };
    const response = await fetch(url, {
      ...sent,
      headers: body === undefined ? HEADERS : { ...HEADERS, "Content-Type": body.type },
      signal: AbortSignal.timeout(askMs),
    });
    if (response.ok && response.body !== null) return readBody(response.body, maxLen);
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  };
}
