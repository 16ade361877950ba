import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { type BidderKeys, completeUscc, obtainKeys } from "@certbridge/demo/bidders";
import { parseCertificate, signData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { parseRegistry } from "@certbridge/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAnswer, makeToken } from "../../unit/verify/world.ts";
import { type Visitor, visit } from "./visitor.ts";

let demo: Demo;
const folder = mkdtempSync(join(tmpdir(), "demo-"));
beforeAll(async () => {
  demo = await startDemo({ folder });
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

type Which = "a" | "b";
const at = (which: Which): Visitor => visit(demo, demo.platforms[which]);
const form = { address: "江南市滨河路1号", contact: "张三", phone: "025-12345678", bank: "演示银行 123" };

let bidders = 0;
/** A bidder that no test has seen, with certificates of one of the CAs. */
function newcomer(authority: "jiangnan" | "lingbei" = "jiangnan"): BidderKeys {
  bidders++;
  const applicant = {
    name: `测试投标人${bidders}`,
    uscc: completeUscc(`91320100MA1TXT${String(bidders).padStart(3, "0")}`),
  };
  return obtainKeys(demo.gm, demo.authorities[authority], applicant);
}

async function nonceOf(visitor: Visitor): Promise<string> {
  return String((await visitor.post("/api/nonce")).json["nonce"]);
}

async function login(visitor: Visitor, which: Which, keys: BidderKeys) {
  const { origin } = demo.platforms[which];
  return visitor.post("/api/login", makeToken(keys, await nonceOf(visitor), { origin }));
}

async function register(visitor: Visitor, which: Which, keys: BidderKeys, credential: Uint8Array | null = null) {
  const { origin } = demo.platforms[which];
  return visitor.post("/api/register", makeAnswer(keys, await nonceOf(visitor), credential, { origin }));
}

/** Registers by the form; gives the credential. */
async function registerByForm(which: Which, keys: BidderKeys): Promise<Uint8Array> {
  const visitor = at(which);
  expect((await register(visitor, which, keys)).json["state"]).toBe("form-needed");
  const { json } = await visitor.post("/api/registration-form", form);
  return decodeBase64Url(String(json["credential"]));
}

function signText(keys: BidderKeys, content: Uint8Array, detached: boolean): string {
  return encodeBase64Url(
    signData(demo.gm, {
      contentType: GM_DATA,
      content,
      detached,
      certificate: parseCertificate(keys.signing),
      privateKey: keys.signingKey,
      signedAt: new Date(),
    }),
  );
}

describe("register once", () => {
  test("by the form on one platform, then by its credential on the other, then sign on both", async () => {
    const keys = newcomer();
    const { uscc } = keys.applicant;
    const credential = await registerByForm("a", keys);
    expect(demo.platforms.a.admin.account(uscc)).toMatchObject({ source: "form", declared: form });

    const b = at("b");
    const accepted = await register(b, "b", keys, credential);
    expect(accepted.json).toMatchObject({ ok: true, state: "signed-in", accepted: true });
    const account = demo.platforms.b.admin.account(uscc);
    expect(account).toMatchObject({ source: "demo-a", declared: null });
    expect(account?.received["issuerName"]).toBe("江南公共资源交易平台（演示）");
    // What was only told to the first platform is not in its credential.
    expect(JSON.stringify(account)).not.toContain("滨河路");

    for (const which of ["a", "b"] as const) {
      const visitor = at(which);
      expect((await login(visitor, which, keys)).status).toBe(200);
      const content = new TextEncoder().encode("投标函");
      const detached = { name: "投标函.txt", cms: signText(keys, content, true), content: encodeBase64Url(content) };
      expect((await visitor.post("/api/sign", detached)).status).toBe(200);
      const attached = { name: "投标函.txt", format: "cms-attached", cms: signText(keys, content, false) };
      expect((await visitor.post("/api/sign", attached)).status).toBe(200);
      expect(demo.platforms[which].admin.submissions(uscc)).toMatchObject([
        { format: "cms-attached", revocation: "good" },
        { format: "cms-detached", revocation: "good" },
      ]);
    }
  });

  test("the second CA's certificate of the same bidder opens the same account", async () => {
    const keys = newcomer();
    const credential = await registerByForm("a", keys);
    const other = obtainKeys(demo.gm, demo.authorities.lingbei, keys.applicant);
    expect((await login(at("a"), "a", other)).status).toBe(200);
    expect((await register(at("b"), "b", other, credential)).json["accepted"]).toBe(true);
  });

  test("and the other way round", async () => {
    const keys = newcomer("lingbei");
    const credential = await registerByForm("b", keys);
    expect((await register(at("a"), "a", keys, credential)).json["accepted"]).toBe(true);
  });

  test("a credential that was taken back, or is another's, is refused, and the form still works", async () => {
    const keys = newcomer();
    const thief = newcomer();
    const credential = await registerByForm("a", keys);
    expect((await register(at("b"), "b", thief, credential)).json["code"]).toBe("CREDENTIAL_OF_ANOTHER_BIDDER");
    demo.platforms.a.admin.revokeCredential(keys.applicant.uscc);
    expect((await register(at("b"), "b", keys, credential)).json["code"]).toBe("CREDENTIAL_REVOKED");
    await registerByForm("b", keys);
    expect(demo.platforms.b.admin.account(keys.applicant.uscc)?.source).toBe("form");
  });
});

describe("servers refuse", () => {
  test("a bidder that they do not know, saying so", async () => {
    const refused = await login(at("a"), "a", newcomer());
    expect([refused.status, refused.json["code"]]).toEqual([409, "NOT_REGISTERED"]);
  });

  test("the other platform's token, a token used before, another session's, an expired one", async () => {
    const keys = newcomer();
    await registerByForm("a", keys);
    const a = at("a");
    const forB = makeToken(keys, await nonceOf(a), { origin: demo.platforms.b.origin });
    expect((await a.post("/api/login", forB)).json["code"]).toBe("SIGNATURE_INVALID");

    const good = makeToken(keys, await nonceOf(a), { origin: demo.platforms.a.origin });
    expect((await at("a").post("/api/login", good)).json["code"]).toBe("NONCE_MISSING");
    expect((await a.post("/api/login", good)).status).toBe(200);
    expect((await a.post("/api/login", good)).json["code"]).toBe("NONCE_MISSING");

    const late = makeToken(keys, await nonceOf(a), { origin: demo.platforms.a.origin });
    demo.platforms.a.admin.setClock(5 * 60_000);
    expect((await a.post("/api/login", late)).json["code"]).toBe("NONCE_EXPIRED");
    demo.platforms.a.admin.setClock(0);
  });

  test.each(["/api/login", "/api/register"])("what is no JSON at %s, and it uses the nonce up", async (path) => {
    const keys = newcomer();
    await registerByForm("a", keys);
    const visitor = at("a");
    const nonce = await nonceOf(visitor);
    const broken = await visitor.postText(path, "{");
    expect([broken.status, broken.json["code"]]).toEqual([400, "TOKEN_MALFORMED"]);
    const good = makeToken(keys, nonce, { origin: demo.platforms.a.origin });
    expect((await visitor.post("/api/login", good)).json["code"]).toBe("NONCE_MISSING");
  });

  test("a body above 64 KiB, where no document is sent", async () => {
    const visitor = at("a");
    await nonceOf(visitor);
    const padded = (len: number) => `${" ".repeat(len - 2)}{}`;
    for (const path of ["/api/login", "/api/register", "/api/registration-form"]) {
      expect((await visitor.postText(path, padded(65_537))).json["code"], path).toBe("INVALID_FORM");
    }
    expect((await visitor.postText("/api/login", padded(65_536))).json["code"]).toBe("TOKEN_MALFORMED");
    expect((await visitor.postText("/api/sign", padded(65_537))).json["code"]).toBe("NOT_SIGNED_IN");
  });

  test("a revoked certificate, by the CA's list over the wire", async () => {
    const keys = newcomer();
    await registerByForm("a", keys);
    demo.authorities.jiangnan.revoke(keys.signing);
    expect((await login(at("a"), "a", keys)).json["code"]).toBe("CERTIFICATE_REVOKED");
    expect(demo.platforms.a.admin.log.at(-1)).toEqual({ what: "login", outcome: "CERTIFICATE_REVOKED", uscc: null });
  });

  test("a document signed by another bidder, or over another content, or by nobody who is signed in", async () => {
    const [keys, other] = [newcomer(), newcomer()];
    await registerByForm("a", keys);
    const visitor = at("a");
    const content = new TextEncoder().encode("投标函");
    const body = { name: "a", cms: signText(keys, content, true), content: encodeBase64Url(content) };
    expect((await visitor.post("/api/sign", body)).status).toBe(401);
    await login(visitor, "a", keys);
    const foreign = { ...body, cms: signText(other, content, true) };
    expect((await visitor.post("/api/sign", foreign)).json["code"]).toBe("SIGNED_BY_ANOTHER");
    expect((await visitor.post("/api/sign", { ...body, content: "AAAA" })).json["code"]).toBe("CONTENT_MISMATCH");
    expect(demo.platforms.a.admin.submissions(keys.applicant.uscc)).toEqual([]);
  });

  test("posts from foreign pages and other names", async () => {
    const visitor = at("a");
    for (const origin of ["https://bid-b.demo.test", "https://phish.demo.test", "null"]) {
      const refused = await visitor.post("/api/nonce", {}, { origin });
      expect([refused.status, refused.json["code"]]).toEqual([403, "FOREIGN_PAGE"]);
    }
    expect((await visitor.get("/", { host: "evil.test" })).status).toBe(421);
  });

  test("a form without a verified registration before it, and one that is not filled in", async () => {
    const visitor = at("a");
    expect((await visitor.post("/api/registration-form", form)).json["code"]).toBe("REGISTRATION_MISSING");
    expect((await visitor.post("/api/registration-form", { ...form, uscc: "x" })).json["code"]).toBe("INVALID_FORM");
    await nonceOf(visitor);
    expect((await visitor.post("/api/login", [])).status).toBe(400);
  });
});

describe("sessions", () => {
  test("are renewed at sign-in, closed to scripts, and end at sign-out", async () => {
    const keys = newcomer();
    await registerByForm("a", keys);
    const visitor = at("a");
    await nonceOf(visitor);
    const before = visitor.cookie();
    const { headers } = await login(visitor, "a", keys);
    expect(visitor.cookie()).not.toBe(before);
    expect(String(headers["set-cookie"])).toMatch(/Path=\/; HttpOnly; Secure; SameSite=Lax/);
    expect((await visitor.get("/api/me")).json["account"]).toMatchObject({ uscc: keys.applicant.uscc });
    const signedIn = visitor.cookie();
    await visitor.post("/api/logout");
    visitor.setCookie(signedIn);
    expect((await visitor.get("/api/me")).json["account"]).toBeNull();
    visitor.setCookie(before);
    expect((await visitor.get("/api/me")).json["account"]).toBeNull();
  });
});

describe("pages", () => {
  test("carry a strict policy and no inline script", async () => {
    const { headers, text } = await at("a").get("/");
    expect(String(headers["content-security-policy"])).toContain("require-trusted-types-for 'script'");
    expect(String(headers["content-security-policy"])).not.toContain("unsafe");
    expect(text).not.toMatch(/<script(?![^>]* src=)/);
    expect(text).toContain("江南公共资源交易平台（演示）");
  });

  test("the status list and the CAs' lists are served over the wire", async () => {
    const list = await demo.web.get(`${demo.platforms.a.origin}/credentials/status`);
    expect(list[0]).toBe(0x30);
    await expect(demo.web.get("https://ca.demo.test/unknown.crl")).rejects.toThrow("404");
  });

  test("the registry names both platforms and both CAs", () => {
    const registry = parseRegistry(JSON.parse(readFileSync(demo.registryPath, "utf8")));
    expect(registry).toEqual(demo.registry);
    expect(registry.platforms.map(({ id }) => id)).toEqual(["demo-a", "demo-b"]);
    expect(registry.authorities.map(({ name }) => name)).toEqual([
      "江南数字证书认证中心（演示）",
      "岭北电子认证（演示）",
    ]);
  });
});
