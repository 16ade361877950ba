import { bringToFront, type Site } from "../walk/clerk.ts";
import type { WalkPage } from "../walk/page.ts";

/** What can be broken, each at its own place, and the code that the walk must then end with. */
export const sabotages = {
  /** The signature is altered between page and server. */
  signature: "SIGNATURE_INVALID",
  /** A token that another platform's page obtained is handed in: made for another origin, it cannot be told from an altered one. */
  origin: "SIGNATURE_INVALID",
  /** A token is handed in a second time. */
  nonce: "NONCE_MISSING",
  /** The registration's issuer revokes it. */
  credential: "CREDENTIAL_REVOKED",
  /** The CA revokes the certificate. */
  certificate: "CERTIFICATE_REVOKED",
  /** The companion program is not installed. */
  host: "HOST_MISSING",
} as const;

export type SabotageName = keyof typeof sabotages;

export function isSabotage(name: string): name is SabotageName {
  return Object.hasOwn(sabotages, name);
}

/** From now on the page posts its registration proof with a signature of zeros. */
export async function alterSignature(site: Site<WalkPage>): Promise<void> {
  await site.page.evaluate(() => {
    const { fetch } = window;
    window.fetch = (input, init) => {
      if (input !== "/api/register" || typeof init?.body !== "string") return fetch(input, init);
      const answer = JSON.parse(init.body) as { proof: { signature: string } };
      answer.proof.signature = "A".repeat(86);
      return fetch(input, { ...init, body: JSON.stringify(answer) });
    };
  });
}

/** Asks the page's own server for a challenge. */
export function challengeOf(site: Site<WalkPage>): Promise<string> {
  return site.page.evaluate(async () => {
    const response = await fetch("/api/nonce", { method: "POST" });
    return ((await response.json()) as { nonce: string }).nonce;
  });
}

/** Has the page ask the extension for a token; resolves when the person has answered. */
export async function askForToken(site: Site<WalkPage>, nonce: string): Promise<unknown> {
  await bringToFront(site.page);
  return site.page.evaluate(
    (value) =>
      (window as unknown as { sharedCertificate: { login(o: object): Promise<unknown> } }).sharedCertificate.login({
        nonce: value,
      }),
    nonce,
  );
}

/** Hands a token to the page's server; gives "ok" or the code of the refusal. */
export function handIn(site: Site<WalkPage>, token: unknown): Promise<string> {
  return site.page.evaluate(async (value) => {
    const response = await fetch("/api/login", { method: "POST", body: JSON.stringify(value) });
    const reply = (await response.json()) as { ok: boolean; code?: string };
    return reply.ok ? "ok" : (reply.code ?? "UNKNOWN");
  }, token);
}
