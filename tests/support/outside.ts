/** A server on a loopback port that stands for a CA's list server or a time-stamping authority: what it answers is the test's. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is answered: bytes, a status, where to go instead, or nothing at all. */
export type Answer = Uint8Array | number | { readonly location: string; readonly status?: number } | "silence";

export interface OutsideServer {
  readonly url: string;
  /** What was asked for, in order: method and path. */
  readonly asked: string[];
  answer(body: Uint8Array, path: string): Answer;
  close(): Promise<void>;
}

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === "silence") return;
  if (typeof answer === "number") response.writeHead(answer).end("no");
  else if (answer instanceof Uint8Array) response.writeHead(200).end(answer);
  else response.writeHead(answer.status ?? 302, { Location: answer.location }).end();
}

export async function openOutside(): Promise<OutsideServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(`${request.method} ${path}`);
    void read(request).then((body) => give(response, outside.answer(body, path)));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const outside: OutsideServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: () => 404,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return outside;
}
