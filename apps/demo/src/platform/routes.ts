/** A platform's HTTP interface: challenges, login, registration, signatures, its status list. Every proof is verified here. */
import type { Gm } from "@certbridge/gm";
import { hexOf } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { itemName, signFormat } from "@certbridge/protocol/page/sign";
import type { Clock, CredentialMaker, Nonces, VerifiedSigner, Verifier } from "@certbridge/verify";
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Access } from "./access.ts";
import { limitBody, parseBody, readJson } from "./body.ts";
import { answerError, guard } from "./guard.ts";
import { type Account, declaration, type Ledger } from "./ledger.ts";
import { PlatformError } from "./refusals.ts";
import type { Session, Sessions } from "./sessions.ts";
import { PART_LEN } from "./uploads.ts";

/** What the routes stand on. */
export interface PlatformParts {
  readonly gm: Gm;
  readonly origin: string;
  readonly ledger: Ledger;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly nonces: Nonces;
  readonly verifier: Verifier;
  readonly credentials: CredentialMaker;
  /** The newest signed status list. */
  readonly statusList: () => Uint8Array<ArrayBuffer>;
  /** Called after each attempt, for people who watch and for tests. */
  readonly report: (event: PlatformEvent) => void;
  readonly clock: Clock;
}

export interface PlatformEvent {
  readonly what: "login" | "register" | "sign" | "submit" | "order" | "release" | "answer" | "open";
  /** "ok", or the code of the refusal. */
  readonly outcome: string;
  readonly uscc: string | null;
}

/** Bytes of a document; its base64url and the signature's come on top. */
const MAX_DOCUMENT_LEN = 16 * 1024 * 1024;
const MAX_SIGN_BODY_LEN = 48 * 1024 * 1024;

/** Bytes of every other request: a token with its chain, a credential beside it, or a form. */
const MAX_BODY_LEN = 64 * 1024;

/** Documents are large: Node's own decoder reads them, after the alphabet was checked. */
function documentBytes(maxLen: number) {
  return v.pipe(
    v.string(),
    v.maxLength(Math.ceil((maxLen * 4) / 3)),
    v.regex(/^[A-Za-z0-9_-]*$/),
    v.transform((text) => new Uint8Array(Buffer.from(text, "base64url"))),
  );
}

const signBody = v.strictObject({
  name: itemName,
  format: v.optional(signFormat, "cms-detached"),
  cms: documentBytes(MAX_DOCUMENT_LEN + limits.certificateLen * limits.chainCertificates),
  content: v.optional(documentBytes(MAX_DOCUMENT_LEN)),
});

/** What this platform verifies by itself: which CA vouches for the bidder, and what the code itself says (GB 32100-2015). */
function verifiedFacts({ subject, chain }: VerifiedSigner): Readonly<Record<string, string>> {
  return {
    certificateAuthority: chain[1]?.subject.organization ?? "",
    registrationDivision: subject.uscc.slice(2, 8),
  };
}

export function createRoutes(parts: PlatformParts): Hono {
  const { ledger, access, sessions, nonces, verifier, origin, clock } = parts;
  const app = new Hono();

  /** Runs one attempt and reports what came of it. */
  async function attempt<T extends { readonly uscc: string }>(what: PlatformEvent["what"], use: () => Promise<T>) {
    try {
      const result = await use();
      parts.report({ what, outcome: "ok", uscc: result.uscc });
      return result;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "PLATFORM_FAILED";
      parts.report({ what, outcome: code, uscc: null });
      throw error;
    }
  }

  function show(account: Account) {
    const { name, uscc, source, facts, received, declared } = account;
    const submissions = ledger.submissions(uscc).map(({ cms: _kept, ...shown }) => shown);
    return { account: { name, uscc, source, facts, received, declared }, submissions };
  }

  function signIn(context: Context, session: Session, account: Account) {
    access.use(context, sessions.signIn(session.id, account.uscc));
    return show(account);
  }

  function issueCredential({ name, uscc, facts }: Pick<Account, "name" | "uscc" | "facts">): string {
    const index = ledger.freeIndex();
    const { der, said } = parts.credentials.issueCredential({ signer: { subject: { name, uscc } }, facts, index });
    ledger.addCredential({ index, credentialId: said.credentialId, uscc });
    return encodeBase64Url(der);
  }

  app.onError(answerError);
  app.use(guard(origin));
  const [limitSigned, limitPart, limitOther] = [
    limitBody(MAX_SIGN_BODY_LEN, "FILE_TOO_LARGE"),
    limitBody(PART_LEN, "FILE_TOO_LARGE"),
    limitBody(MAX_BODY_LEN, "INVALID_FORM"),
  ];
  app.use((context, next) => {
    const { method, path } = context.req;
    return (path === "/api/sign" ? limitSigned : method === "PUT" ? limitPart : limitOther)(context, next);
  });

  app.post("/api/nonce", (context) => {
    const nonce = nonces.issue({ session: access.open(context).id, origin });
    return context.json({ ok: true, nonce });
  });

  app.post("/api/login", async (context) => {
    const session = access.open(context);
    const { account } = await attempt("login", async () => {
      const signer = await verifier.verifyLogin(await readJson(context), { session: session.id, origin });
      const account = ledger.account(signer.subject.uscc);
      if (account === null) throw new PlatformError("NOT_REGISTERED");
      return { uscc: account.uscc, account };
    });
    return context.json({ ok: true, state: "signed-in", ...signIn(context, session, account) });
  });

  app.post("/api/register", async (context) => {
    const session = access.open(context);
    const { signer, credential } = await attempt("register", async () => {
      const verified = await verifier.verifyRegistration(await readJson(context), { session: session.id, origin });
      return { uscc: verified.signer.subject.uscc, ...verified };
    });
    const { name, uscc } = signer.subject;
    const facts = verifiedFacts(signer);
    const known = ledger.account(uscc);
    if (known !== null) return context.json({ ok: true, state: "signed-in", ...signIn(context, session, known) });
    if (credential === null) {
      sessions.setPending(session.id, { name, uscc, facts });
      return context.json({ ok: true, state: "form-needed", bidder: { name, uscc } });
    }
    const account: Account = {
      name,
      uscc,
      facts,
      declared: null,
      createdAt: clock(),
      source: credential.issuer.platformId,
      received: { issuerName: credential.issuer.name, ...credential.facts },
    };
    ledger.addAccount(account);
    return context.json({ ok: true, state: "signed-in", accepted: true, ...signIn(context, session, account) });
  });

  app.post("/api/registration-form", async (context) => {
    const session = access.open(context);
    const declared = await parseBody(context, declaration);
    if (session.pending === null) throw new PlatformError("REGISTRATION_MISSING");
    const { name, uscc, facts } = session.pending;
    const account = { name, uscc, facts, declared, source: "form", received: {}, createdAt: clock() };
    if (ledger.account(uscc) === null) ledger.addAccount(account);
    const credential = issueCredential(account);
    return context.json({ ok: true, state: "signed-in", ...signIn(context, session, account), credential });
  });

  app.post("/api/credential", (context) =>
    context.json({ ok: true, credential: issueCredential(access.account(context)) }),
  );

  app.get("/credentials/status", (context) =>
    context.body(parts.statusList(), 200, { "Content-Type": "application/cms" }),
  );

  app.post("/api/sign", async (context) => {
    const account = access.account(context);
    const body = await parseBody(context, signBody);
    const { cms } = body;
    const { content, revocation, signedAt } = await attempt("sign", async () => {
      const verified = await verifier.verifySignature(cms, body.content);
      const { subject, revocation } = verified.signer;
      if (subject.uscc !== account.uscc) throw new PlatformError("SIGNED_BY_ANOTHER");
      return { uscc: subject.uscc, revocation, content: verified.content, signedAt: verified.signedAt };
    });
    ledger.addSubmission({
      name: body.name,
      format: body.format,
      digest: hexOf(parts.gm.sm3(content)),
      uscc: account.uscc,
      revocation,
      signedAt: signedAt?.getTime() ?? null,
      receivedAt: clock(),
      cms,
    });
    return context.json({ ok: true, ...show(account) });
  });

  app.get("/api/me", (context) => {
    access.open(context);
    const uscc = access.find(context)?.uscc ?? null;
    const account = uscc === null ? null : ledger.account(uscc);
    return context.json(account === null ? { ok: true, account: null } : { ok: true, ...show(account) });
  });

  app.post("/api/logout", (context) => {
    const session = access.find(context);
    if (session !== null) sessions.end(session.id);
    return context.json({ ok: true });
  });

  return app;
}
