/**
 * The demonstration's own little web: HTTPS servers on loopback ports under names that no DNS knows, one TLS certificate made at
 * start, and a client that finds them. Chromium gets the same mapping by `--host-resolver-rules`, Firefox by a proxy.
 */
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createClearServer } from "node:http";
import { createServer, request } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAdaptorServer, type ServerType } from "@hono/node-server";

const run = promisify(execFile);

export interface Tls {
  readonly certificatePath: string;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo, as `--ignore-certificate-errors-spki-list` takes it. */
  readonly spkiSha256Base64: string;
  readonly key: string;
  readonly certificate: string;
}

/** A self-signed certificate for all names of the demonstration, valid for a month, made by openssl. */
export async function makeTls(folder: string): Promise<Tls> {
  const certificatePath = join(folder, "tls.crt");
  const keyPath = join(folder, "tls.key");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
  const names = ["-subj", "/CN=demo.test", "-addext", "subjectAltName=DNS:*.demo.test"];
  await run("openssl", ["req", "-x509", "-days", "30", ...key, ...names, "-out", certificatePath]);
  const [privateKey, certificate] = await Promise.all([readFile(keyPath, "utf8"), readFile(certificatePath, "utf8")]);
  const spki = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return {
    certificatePath,
    spkiSha256Base64: createHash("sha256").update(spki).digest("base64"),
    key: privateKey,
    certificate,
  };
}

/** Answers a request, as a Hono app does. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** Answers some requests before the server that they are for; null leaves a request to it. */
export type Aside = (request: Request) => Response | null;

export interface Web {
  readonly tls: Tls;
  /** Serves `https://<host>` on a loopback port, a free one unless told. Gives the port. */
  serve(host: string, fetch: Fetch, port?: number): Promise<number>;
  /** Serves in clear, on a loopback port, what is signed itself: lists and stamps. Gives the address, without a slash at its end. */
  serveInClear(fetch: Fetch, port?: number): Promise<string>;
  /** The body of an answer 200. Rejects otherwise. */
  get(url: string): Promise<Uint8Array>;
  /** The loopback port that serves a host; undefined where none does. */
  portOf(host: string): number | undefined;
  /** Hosts that are served. */
  hosts(): readonly string[];
  /** For Chromium: each host to its port. */
  resolverRules(): string;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5000;
const MAX_BODY_LEN = 16 * 1024 * 1024;

/** @param aside pages beside those of the demonstration, under every one of its names; none unless told */
export function createWeb(tls: Tls, aside: Aside = () => null): Web {
  const ports = new Map<string, number>();
  const closers: (() => Promise<void>)[] = [];

  /** Gives the port. */
  const listen = (server: ServerType, port: number): Promise<number> =>
    new Promise((done, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        if (address === null || typeof address === "string") {
          failed(new Error("the server has no port"));
          return;
        }
        closers.push(
          () =>
            new Promise((closed) => {
              server.close(() => closed());
              if ("closeAllConnections" in server) server.closeAllConnections();
            }),
        );
        done(address.port);
      });
    });
  const asideOr = (fetch: Fetch): Fetch => {
    return (asked) => aside(asked) ?? fetch(asked);
  };

  return {
    tls,
    async serve(host, fetch, port = 0) {
      const serverOptions = { key: tls.key, cert: tls.certificate };
      const taken = await listen(createAdaptorServer({ fetch: asideOr(fetch), createServer, serverOptions }), port);
      ports.set(host, taken);
      return taken;
    },
    async serveInClear(fetch, port = 0) {
      const server = createAdaptorServer({ fetch: asideOr(fetch), createServer: createClearServer });
      return `http://127.0.0.1:${await listen(server, port)}`;
    },
    get: (url) =>
      new Promise((done, failed) => {
        const { hostname, pathname } = new URL(url);
        const port = ports.get(hostname);
        if (port === undefined) {
          failed(new Error(`${hostname} is not part of the demonstration`));
          return;
        }
        const asked = request(
          {
            host: "127.0.0.1",
            port,
            path: pathname,
            servername: hostname,
            headers: { host: hostname },
            ca: tls.certificate,
            agent: false,
            timeout: TIMEOUT_MS,
          },
          (answer) => {
            const pieces: Buffer[] = [];
            let len = 0;
            answer.on("data", (piece: Buffer) => {
              pieces.push(piece);
              len += piece.length;
              if (len > MAX_BODY_LEN) asked.destroy(new Error("the answer is too long"));
            });
            answer.on("end", () => {
              if (answer.statusCode === 200) done(new Uint8Array(Buffer.concat(pieces)));
              else failed(new Error(`${url} answered ${answer.statusCode}`));
            });
          },
        );
        asked.on("timeout", () => asked.destroy(new Error(`${url} did not answer in time`)));
        asked.on("error", failed);
        asked.end();
      }),
    portOf: (host) => ports.get(host),
    hosts: () => [...ports.keys()],
    resolverRules: () => Array.from(ports, ([host, port]) => `MAP ${host}:443 127.0.0.1:${port}`).join(", "),
    async close() {
      await Promise.all(closers.splice(0).map((close) => close()));
    },
  };
}
