/** A browser's half of HTTP, by hand: cookies, the Origin header, the demonstration's own names. */
import { Agent, request } from "node:https";
import type { Demo } from "@certbridge/demo";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Visitor {
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** As post, with a body of the test's own making. */
  postText(path: string, body: string): Promise<Reply>;
  put(path: string, body: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** The session cookie's value. */
  readonly cookie: () => string;
  setCookie(value: string): void;
}

export function visit(demo: Demo, platform: { readonly origin: string; readonly port: number }): Visitor {
  const { hostname } = new URL(platform.origin);
  let cookie = "";
  // As a browser does: its connections stay open for the next request.
  const agent = new Agent({ keepAlive: true });

  const send = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array = "",
  ): Promise<Reply> =>
    new Promise((done, failed) => {
      const asked = request(
        {
          host: "127.0.0.1",
          port: platform.port,
          method,
          path,
          servername: hostname,
          ca: demo.tls.certificate,
          agent,
          headers: { host: hostname, ...(cookie === "" ? {} : { cookie: `__Host-session=${cookie}` }), ...headers },
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
          answer.on("end", () => {
            for (const set of answer.headers["set-cookie"] ?? [])
              cookie = /^__Host-session=([^;]*)/.exec(set)?.[1] ?? cookie;
            const isJson = (answer.headers["content-type"] ?? "").startsWith("application/json");
            const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
            done({ status: answer.statusCode ?? 0, headers: answer.headers, text, json });
          });
        },
      );
      // And where the server closed one just then, it asks once more: on a busy machine five seconds of rest are over soon.
      asked.on("error", (error: NodeJS.ErrnoException) => {
        if (asked.reusedSocket && error.code === "ECONNRESET") send(method, path, headers, body).then(done, failed);
        else failed(error);
      });
      asked.end(body);
    });

  const own = { "content-type": "application/json", origin: platform.origin };
  return {
    post: (path, body = {}, headers = {}) => send("POST", path, { ...own, ...headers }, JSON.stringify(body)),
    put: (path, body, headers = {}) => send("PUT", path, { origin: platform.origin, ...headers }, body),
    postText: (path, body) => send("POST", path, own, body),
    get: (path, headers = {}) => send("GET", path, headers),
    cookie: () => cookie,
    setCookie: (value) => {
      cookie = value;
    },
  };
}
