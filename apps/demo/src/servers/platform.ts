import type { Gm } from "@certbridge/gm";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import {
  createNonces,
  createVerifier,
  issueCredential,
  issueStatusList,
  type IssuingKey,
  PolicyError,
  type RevocationSource,
  type TrustedAuthorities,
  type TrustedIssuer,
  VerificationError,
  type VerifiedSigner,
} from "@certbridge/verify";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import * as v from "valibot";
import { createServer } from "node:https";
import { randomUUID } from "node:crypto";
import type { Accounts } from "./accounts.ts";
import { pageOf } from "./page.ts";
import type { Tls } from "./tls.ts";

/** A tendering platform that takes part: its server really verifies what the extension sends. */
export interface Platform {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly port: number;
  readonly accounts: Accounts;
  /** The credential issuer as other platforms pin it. */
  readonly issuer: TrustedIssuer;
  /** Platforms whose credentials it accepts. */
  readonly trusted: TrustedIssuer[];
  /** What the server said of each attempt, newest last: for people who watch, and for tests. */
  readonly log: PlatformEvent[];
  revokeCredential(index: number): void;
  /** Moves this server's clock. */
  setClock(offsetMs: number): void;
  close(): Promise<void>;
}

export interface PlatformEvent {
  readonly what: "login" | "register" | "sign";
  /** "ok", or the code of the refusal. */
  readonly outcome: string;
  readonly uscc: string | null;
}

export interface PlatformOptions {
  readonly gm: Gm;
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly theme: string;
  readonly key: Omit<IssuingKey, "platformId" | "name" | "origin" | "statusUrl">;
  readonly authorities: TrustedAuthorities;
  readonly revocation: RevocationSource;
  readonly accounts: Accounts;
  readonly tls: Tls;
}

interface Session {
  readonly id: string;
  signer: VerifiedSigner | null;
  loggedIn: boolean;
}

const COOKIE = "__Host-session";
const MAX_BODY = 32 * 1024 * 1024;

const bytes = v.pipe(v.string(), v.regex(/^[\w-]*$/));

const signBody = v.object({ name: v.pipe(v.string(), v.maxLength(255)), cms: bytes, content: v.optional(bytes) });

/** What the person wrote into the form. The name and the code are the certificate's, never the form's. */
function readForm(body: unknown): { address: string; contact: string } {
  const { address, contact } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value.trim().slice(0, 200) : "");
  return { address: text(address), contact: text(contact) };
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { gm, id, name, origin, accounts } = options;
  let offsetMs = 0;
  const clock = () => Date.now() + offsetMs;
  const issuingKey: IssuingKey = {
    ...options.key,
    platformId: id,
    name,
    origin,
    statusUrl: `${origin}/credentials/status`,
  };
  const revokedCredentials = new Set<number>();
  const statusList = () =>
    issueStatusList(gm, issuingKey, {
      sequence: revokedCredentials.size,
      at: new Date(clock()),
      lifeMs: 3600_000,
      size: 1024,
      revoked: revokedCredentials,
    });

  const trusted: TrustedIssuer[] = [];
  const nonces = createNonces({ clock });
  const verifier = createVerifier({
    gm,
    origins: [origin],
    trust: { authorities: options.authorities, credentialIssuers: trusted },
    nonces,
    revocation: options.revocation,
    clock,
  });
  const sessions = new Map<string, Session>();
  const log: PlatformEvent[] = [];

  const app = new Hono();

  function sessionOf(context: Context): Session {
    const known = sessions.get(getCookie(context, COOKIE) ?? "");
    if (known !== undefined) return known;
    const session: Session = { id: randomUUID(), signer: null, loggedIn: false };
    sessions.set(session.id, session);
    setCookie(context, COOKIE, session.id, { httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
    return session;
  }

  /** Runs one verification and keeps what came of it. */
  async function judged(
    context: Context,
    what: PlatformEvent["what"],
    use: () => Promise<{ uscc: string; reply: object }>,
  ) {
    try {
      const { uscc, reply } = await use();
      log.push({ what, outcome: "ok", uscc });
      return context.json({ ok: true, ...reply });
    } catch (error) {
      if (!(error instanceof VerificationError) && !(error instanceof PolicyError)) throw error;
      log.push({ what, outcome: error.code, uscc: null });
      return context.json({ ok: false, code: error.code }, 403);
    }
  }

  const page = pageOf({ name, theme: options.theme, origin });
  for (const [path, { body, type }] of Object.entries(page)) {
    app.get(path, (context) => {
      sessionOf(context);
      context.header("content-type", type);
      context.header("cache-control", "no-store");
      context.header(
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      );
      return context.body(body);
    });
  }

  app.get("/credentials/status", (context) =>
    context.body(statusList(), 200, { "content-type": "application/pkcs7-mime" }),
  );

  // A state-changing call comes from our own page: the browser says so, and no other page can.
  app.use("/api/*", bodyLimit({ maxSize: MAX_BODY }), async (context, next) => {
    if (context.req.method === "POST" && context.req.header("origin") !== origin) {
      return context.json({ ok: false, code: "ORIGIN_UNKNOWN" }, 403);
    }
    await next();
    return undefined;
  });

  app.post("/api/nonce", (context) =>
    context.json({ nonce: nonces.issue({ session: sessionOf(context).id, origin }) }),
  );

  app.post("/api/login", async (context) => {
    const session = sessionOf(context);
    const token: unknown = await context.req.json();
    return judged(context, "login", async () => {
      const signer = await verifier.verifyLogin(token, { session: session.id, origin });
      const account = accounts.find(signer.subject.uscc);
      session.signer = signer;
      session.loggedIn = account !== null;
      return {
        uscc: signer.subject.uscc,
        reply: { registered: account !== null, name: signer.subject.name, revocation: signer.revocation },
      };
    });
  });

  app.post("/api/register", async (context) => {
    const session = sessionOf(context);
    const answer: unknown = await context.req.json();
    return judged(context, "register", async () => {
      const { signer, credential } = await verifier.verifyRegistration(answer, { session: session.id, origin });
      const { uscc, name: holder } = signer.subject;
      session.signer = signer;
      if (credential !== null && accounts.find(uscc) === null) {
        const { address = "", contact = "" } = credential.facts;
        accounts.create({ uscc, name: holder, address, contact, source: credential.issuer.platformId });
      }
      const account = accounts.find(uscc);
      session.loggedIn = account !== null;
      return {
        uscc,
        reply: { registered: account !== null, source: account?.source ?? null, name: holder, code: uscc },
      };
    });
  });

  app.post("/api/registration-form", async (context) => {
    const session = sessionOf(context);
    if (session.signer === null) return context.json({ ok: false, code: "NOT_PROVED" }, 403);
    const { address, contact } = readForm(await context.req.json());
    const { uscc, name: holder } = session.signer.subject;
    if (accounts.find(uscc) === null) accounts.create({ uscc, name: holder, address, contact, source: "form" });
    session.loggedIn = true;
    // Verified: the business licence, by the certificate. The address was only told, and is not in the credential.
    const credential = issueCredential(gm, issuingKey, {
      subject: { name: holder, uscc },
      facts: { certificateAuthority: session.signer.certificate.issuer.commonName },
      index: accounts.nextCredentialIndex(uscc),
      at: new Date(clock()),
    });
    return context.json({ ok: true, credential });
  });

  app.post("/api/sign", async (context) => {
    const session = sessionOf(context);
    if (session.signer === null || !session.loggedIn) return context.json({ ok: false, code: "NOT_LOGGED_IN" }, 403);
    const holder = session.signer.subject;
    const parsed = v.safeParse(signBody, await context.req.json());
    if (!parsed.success) return context.json({ ok: false, code: "TOKEN_MALFORMED" }, 400);
    const { name: title, cms: signed, content: outside } = parsed.output;
    return judged(context, "sign", async () => {
      const content = outside === undefined ? undefined : decodeBase64Url(outside);
      const cms = decodeBase64Url(signed);
      const { signer } = await verifier.verifySignature(cms, content);
      if (signer.subject.uscc !== holder.uscc) throw new PolicyError("SUBJECT_UNKNOWN");
      accounts.addDocument({
        uscc: holder.uscc,
        name: title,
        signedBy: signer.subject.name,
        cms,
      });
      return { uscc: holder.uscc, reply: { signedBy: signer.subject.name } };
    });
  });

  app.get("/api/me", (context) => {
    const { signer, loggedIn } = sessionOf(context);
    if (signer === null || !loggedIn) return context.json({ loggedIn: false });
    const account = accounts.find(signer.subject.uscc);
    return context.json({ loggedIn: true, account, documents: accounts.documents(signer.subject.uscc) });
  });

  app.post("/api/logout", (context) => {
    sessions.delete(getCookie(context, COOKIE) ?? "");
    return context.json({ ok: true });
  });

  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve) => {
    const started = serve(
      {
        fetch: app.fetch,
        hostname: "127.0.0.1",
        port: 0,
        createServer,
        serverOptions: { key: options.tls.key, cert: options.tls.cert },
      },
      (info) => resolve({ server: started, port: info.port }),
    );
  });

  return {
    id,
    name,
    origin,
    port,
    accounts,
    trusted,
    log,
    issuer: {
      platformId: id,
      origin,
      certificate: issuingKey.certificate,
      statusList: () => Promise.resolve(statusList()),
    },
    revokeCredential: (index) => void revokedCredentials.add(index),
    setClock(ms) {
      offsetMs = ms;
    },
    async close() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      accounts.close();
    },
  };
}
