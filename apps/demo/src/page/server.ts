/** The page's own server, as the page hears it: answers parsed, refusals thrown by their code. */
import { type Code, isCode } from "./words.ts";

/** What the server or the extension refused. */
export class Refusal extends Error {
  readonly code: Code;

  constructor(code: Code) {
    super(code);
    this.name = "Refusal";
    this.code = code;
  }
}

export interface ShownAccount {
  readonly name: string;
  readonly uscc: string;
  readonly source: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly received: Readonly<Record<string, string>>;
  readonly declared: Readonly<Record<string, string>> | null;
}

export interface ShownSubmission {
  readonly name: string;
  readonly format: string;
  readonly digest: string;
  readonly revocation: string;
  readonly receivedAt: number;
}

/** The page trusts its own server: it is the one that served this script. */
export interface Answer {
  readonly ok: boolean;
  readonly code?: string;
  readonly nonce?: string;
  readonly state?: "signed-in" | "form-needed";
  readonly accepted?: boolean;
  readonly credential?: string;
  readonly bidder?: { readonly name: string; readonly uscc: string };
  readonly account?: ShownAccount | null;
  readonly submissions?: readonly ShownSubmission[];
}

async function read(response: Response): Promise<Answer> {
  const answer = (await response.json()) as Answer;
  if (answer.ok) return answer;
  const { code = "" } = answer;
  throw new Refusal(isCode(code) ? code : "PLATFORM_FAILED");
}

export async function post(path: string, body: unknown = {}): Promise<Answer> {
  return read(
    await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  );
}

export async function get(path: string): Promise<Answer> {
  return read(await fetch(path));
}

/** A fresh challenge for this session. */
export async function nonce(): Promise<{ readonly nonce: string }> {
  return { nonce: (await post("/api/nonce")).nonce ?? "" };
}
