/**
 * The one way from this program to a network (联网): to a CA and to a time-stamping authority, where a person has just confirmed something in our
 * own window. What answers is believed nothing that its signature does not say.
 */

/** For one question, its redirection and the whole of its answer. First aid has ten seconds for everything. Milliseconds. */
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

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** At the same host: the same port, or from http to https. Anywhere else is an address that nobody agreed to: a router, or this very computer. */
function isSameHost(from: URL, to: URL): boolean {
  const isUpgrade = from.protocol === "http:" && to.protocol === "https:" && to.port === "";
  return to.hostname === from.hostname && (to.origin === from.origin || isUpgrade);
}

/** Where else the answer is to be had; null for an answer that says nothing of it, or names another host. */
function redirectOf(from: string, { status, headers }: Response): string | null {
  const location = headers.get("Location");
  if (!REDIRECTS.has(status) || location === null || !URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  return isSameHost(new URL(from), to) ? to.href : null;
}

/** By the platform's own `fetch`, which sends nothing of the caller's. What is asked by GET goes on to one other address, at the same host. */
export function createFetchBytes(askMs = ASK_MS): FetchBytes {
  return async ({ url, body, maxLen }) => {
    const asked: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(askMs) };
    const sent: RequestInit =
      body === undefined
        ? { ...asked, headers: HEADERS }
        : {
            ...asked,
            method: "POST",
            body: new Uint8Array(body.content),
            headers: { ...HEADERS, "Content-Type": body.type },
          };
    let response = await fetch(url, sent);
    const elsewhere = body === undefined ? redirectOf(url, response) : null;
    if (elsewhere !== null) {
      await response.body?.cancel();
      response = await fetch(elsewhere, sent);
    }
    if (response.ok && response.body !== null) return readBody(response.body, maxLen);
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  };
}
