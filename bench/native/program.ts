/** The companion program by itself, started as a browser starts it and asked as a paired extension asks, without a browser's noise. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { loadGm } from "@certbridge/gm/node";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeRequestStatement } from "@certbridge/protocol/host/proof";
import { encodeSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { type ClientKey, clientKeyOf, makePair } from "../../extension/platform/client-key.ts";
import { encodeFrame, readFrames } from "./frames.ts";

export interface Program {
  /** Asks one verb; gives its result and how long it took, in ms. The proof is made before the clock starts. */
  ask(operation: string, params: object): Promise<{ readonly result: unknown; readonly ms: number }>;
  /** The PIN as the approval window sends it. */
  seal(consentId: string, pin: string): string;
  /** Lets go of it, and waits until it ended. */
  close(): Promise<void>;
  /** Of the program itself: launchers give way to it. */
  readonly pid: number;
}

interface Reply {
  readonly id: string;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string };
}

interface Greeting {
  readonly identity: { readonly publicKey: string; readonly session: string };
  readonly paired: boolean;
}

export const newId = (): string => randomBytes(16).toString("base64url");

/** What Chromium gives a program to know its caller by. */
export const CALLER = `chrome-extension://${CHROMIUM_EXTENSION_ID}/`;

/**
 * @param launcher of a home in which a place is open, or the client is paired
 * @param known    a client of the caller's own
 */
export async function startProgram(launcher: string, known?: ClientKey): Promise<Program> {
  const child = spawn(launcher, [CALLER], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const waiting = new Map<string, (reply: Reply) => void>();
  child.stdout.on(
    "data",
    readFrames((message) => {
      const reply = message as Reply;
      waiting.get(reply.id)?.(reply);
    }),
  );
  function exchange(message: {
    readonly id: string;
    readonly operation: string;
    readonly params: object;
    readonly proof?: object;
  }): Promise<{ readonly result: unknown; readonly ms: number }> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      waiting.set(message.id, ({ ok, result, error }) => {
        if (ok) resolve({ result, ms: performance.now() - startedAt });
        else reject(new Error(`${message.operation}: ${error?.code ?? "no code"}`));
      });
      child.stdin.write(encodeFrame({ v: 1, ...message }));
    });
  }
  const [client, gm] = [known ?? (await clientKeyOf(await makePair())), await loadGm()];
  const params = { extension: "0.1.0", challenge: encodeBase64Url(randomBytes(32)), client: client.publicKey };
  const greeting = (await exchange({ id: newId(), operation: "status", params })).result as Greeting;
  if (!greeting.paired) throw new Error("no place is open for the bench");
  const { publicKey, session } = greeting.identity;
  return {
    async ask(operation, asked) {
      const request = { id: newId(), operation, params: asked };
      if (operation === "status") return exchange(request);
      const statement = encodeRequestStatement({ host: publicKey, session, ...request });
      return exchange({ ...request, proof: { client: client.publicKey, signature: await client.sign(statement) } });
    },
    seal(consentId, pin) {
      const plaintext = encodeSealedPin(consentId, new TextEncoder().encode(pin));
      return encodeBase64Url(gm.sm2Encrypt(decodeBase64Url(publicKey), plaintext));
    },
    close() {
      child.stdin.end();
      return ended;
    },
    pid: child.pid ?? 0,
  };
}
