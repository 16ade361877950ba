/**
 * The way of a browser to the demonstration's servers where it cannot map names to ports by itself, as Firefox cannot: an HTTP
 * proxy on loopback that opens tunnels to them and to nothing else (RFC 9110 §9.3.6, CONNECT).
 */
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

/** @param portOf the loopback port that serves a host, on all ports that a browser may ask for; undefined where none does */
export function startProxy(portOf: (host: string) => number | undefined): Promise<Proxy> {
  const tunnels = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.writeHead(403).end();
  });
  server.on("connect", (request, client: Socket, head: Buffer) => {
    const [host = ""] = (request.url ?? "").split(":");
    const port = portOf(host);
    // A browser that gives a connection up is no event here.
    client.on("error", () => client.destroy());
    if (port === undefined) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      tunnels.add(one);
      one.on("close", () => {
        tunnels.delete(one);
        other.destroy();
      });
    }
  });
  return new Promise((started, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        failed(new Error("the proxy has no port"));
        return;
      }
      started({
        port: address.port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const tunnel of tunnels) tunnel.destroy();
          }),
      });
    });
  });
}
