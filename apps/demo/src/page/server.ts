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
  readonly nonce?: string;
  readonly state?: "signed-in" | "form-needed";
  readonly accepted?: boolean;
  readonly credential?: string;
  readonly bidder?: { readonly name: string; readonly uscc: string };
  readonly account?: ShownAccount | null;
  readonly submissions?: readonly ShownSubmission[];
}

/** Where a bid stands in the hall. */
export interface ShownSeat {
  readonly name: string;
  readonly status: "waiting" | "opening" | "opened" | "failed";
  readonly checkedInAt: number | null;
  readonly releasedAt: number | null;
  readonly openedAt: number | null;
  readonly files: number;
  readonly code: string | null;
  readonly blamed: boolean;
}

export interface ShownLot {
  readonly id: string;
  readonly projectCode: string;
  readonly projectName: string;
  readonly lot: string;
  readonly openingAt: number;
  readonly sequence: number;
  readonly notice: string;
  readonly state: "receiving" | "opening" | "closed";
  /** Bids for it are made in the legacy profile (旧格式). */
  readonly isLegacy: boolean;
}

export interface ShownUpload {
  readonly id: string;
  readonly size: number;
  readonly partLen: number;
  readonly parts: readonly (string | null)[];
}

export interface ShownBid {
  readonly packageId: string;
  readonly packageLen: number;
  readonly receivedAt: number;
  readonly signatureSm3: string;
  /** Null until the time-stamping authority has answered. */
  readonly stampedAt: number | null;
  readonly receipt: string | null;
}

/** A hall, with the own bid where there is one. */
export interface ShownHall {
  readonly now: number;
  readonly lot: ShownLot;
  readonly orderedAt: number | null;
  readonly notAfter: number | null;
  readonly seats: readonly ShownSeat[];
  readonly mine:
    | (ShownBid &
        ShownSeat & {
          /** Further keys that open it, beside the one that made it. */
          readonly spares: number;
          readonly keyBlock: string | null;
          readonly order: string | null;
          readonly answer: string | null;
        })
    | null;
}

/**
 * What the server answers: to a GET where no body is given, else to a POST of it as JSON, unless `init` says otherwise.
 *
 * @throws Refusal by its code
 */
export async function ask<T>(path: string, body?: unknown, init?: RequestInit): Promise<T> {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, init ?? (body === undefined ? {} : json));
  const answer = (await response.json()) as { readonly ok: boolean; readonly code?: string };
  if (answer.ok) return answer as T;
  const { code = "" } = answer;
  throw new Refusal(isCode(code) ? code : "PLATFORM_FAILED");
}

export const post = (path: string, body: unknown = {}): Promise<Answer> => ask(path, body);

export const get = (path: string): Promise<Answer> => ask(path);

/** A fresh challenge for this session. */
export async function nonce(): Promise<{ readonly nonce: string }> {
  return { nonce: (await post("/api/nonce")).nonce ?? "" };
}
