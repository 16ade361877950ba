/**
 * The platform's page, as its own developer would write it: ask the extension, post what it says, show what the server judged.
 * It is served with its types stripped.
 */
interface SharedCertificate {
  login(options: { nonce: string }): Promise<unknown>;
  register(options: { nonce: string }): Promise<{ credential: string | null }>;
  saveRegistration(options: { credential: string }): Promise<void>;
  sign(options: {
    items: { name: string; content: Blob | Uint8Array }[];
    format: "cms-detached" | "cms-attached";
  }): Promise<{ results: ({ name: string; cms: string } | { name: string; error: string })[] }>;
}

interface Reply {
  readonly ok: boolean;
  readonly code?: string;
  readonly registered?: boolean;
  readonly name?: string;
  readonly source?: string;
  readonly nonce?: string;
  readonly credential?: string;
  readonly loggedIn?: boolean;
  readonly account?: { uscc: string; name: string; address: string; contact: string; source: string };
  readonly documents?: { name: string; signedBy: string }[];
}

const api = (window as unknown as { sharedCertificate?: SharedCertificate }).sharedCertificate;

function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

/** The server's and the extension's codes, in words for bidders. */
const WORDS: Readonly<Record<string, string>> = {
  NONCE_MISSING: "登录验证码已失效，请刷新页面重试。",
  NONCE_EXPIRED: "登录验证码已失效，请刷新页面重试。",
  SIGNATURE_INVALID: "签名核验未通过，请刷新页面重试。",
  CHAIN_UNTRUSTED: "签发该证书的CA不在受信名录中。",
  CERTIFICATE_EXPIRED: "证书已过期，请更新证书。",
  CERTIFICATE_REVOKED: "证书已吊销，不能使用。",
  CREDENTIAL_REVOKED: "登记凭证已被签发平台注销，请重新登记。",
  CREDENTIAL_UNTRUSTED: "登记凭证不是受信平台签发的。",
  CREDENTIAL_OF_ANOTHER_BIDDER: "登记凭证属于另一家单位。",
  USER_DECLINED: "您已拒绝，没有提交任何内容。",
  CONSENT_EXPIRED: "确认时间已过，请重新操作。",
  CANCELLED: "操作已取消。",
};

function say(text: string, good = false): void {
  const message = byId("message");
  message.textContent = text;
  message.toggleAttribute("data-good", good);
}

async function post(path: string, body: unknown = {}): Promise<Reply> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Reply;
}

/** Runs one action: the buttons rest meanwhile, and whatever fails is said. */
async function act(use: () => Promise<void>): Promise<void> {
  const buttons = [...document.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  document.body.dataset["state"] = "busy";
  say("");
  try {
    await use();
    document.body.dataset["state"] = "done";
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const name = code ?? message ?? "";
    document.body.dataset["state"] = name;
    say(`${WORDS[name] ?? "操作没有完成。"}（${name}）`);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function must(reply: Reply): Reply {
  if (!reply.ok) throw new Error(reply.code ?? "UNKNOWN");
  return reply;
}

async function nonce(): Promise<{ nonce: string }> {
  const { nonce: value = "" } = await post("/api/nonce");
  return { nonce: value };
}

async function refresh(): Promise<void> {
  const me = (await (await fetch("/api/me")).json()) as Reply;
  const { account } = me;
  byId("entry").hidden = account !== undefined;
  byId("desk").hidden = account === undefined;
  if (account === undefined) return;
  byId("form-section").hidden = true;
  byId("who").textContent = account.name;
  const rows: [string, string][] = [
    ["单位名称", account.name],
    ["统一社会信用代码", account.uscc],
    ["登记来源", account.source === "form" ? "本平台登记" : `互认登记（${account.source}）`],
  ];
  byId("account").replaceChildren(
    ...rows.flatMap(([term, value]) => {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = term;
      dd.textContent = value;
      return [dt, dd];
    }),
  );
  byId("documents").replaceChildren(
    ...(me.documents ?? []).map(({ name, signedBy }) => {
      const item = document.createElement("li");
      item.textContent = `${name} · 已核验，签名人：${signedBy}`;
      return item;
    }),
  );
}

function present(): SharedCertificate {
  if (api === undefined) throw new Error("EXTENSION_MISSING");
  return api;
}

byId("login").addEventListener("click", () => {
  void act(async () => {
    const token = await present().login(await nonce());
    const reply = must(await post("/api/login", token));
    if (reply.registered === true) say(`登录成功：${reply.name ?? ""}`, true);
    else say("您尚未在本平台登记，请先注册。");
    await refresh();
  });
});

byId("register").addEventListener("click", () => {
  void act(async () => {
    const reply = must(await post("/api/register", await present().register(await nonce())));
    if (reply.registered === true) {
      say(`已凭登记凭证完成注册，无须填表：${reply.name ?? ""}`, true);
      await refresh();
      return;
    }
    byId("form-holder").textContent = reply.name ?? "";
    byId("form-section").hidden = false;
    byId("entry").hidden = true;
  });
});

byId<HTMLFormElement>("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(byId<HTMLFormElement>("form")));
  void act(async () => {
    const { credential = "" } = must(await post("/api/registration-form", fields));
    await refresh();
    await present().saveRegistration({ credential });
    say("登记完成，登记凭证已保存到您的电脑。", true);
  });
});

function base64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

byId<HTMLFormElement>("sign-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(byId<HTMLFormElement>("sign-form"));
  void act(async () => {
    const file = fields.get("file");
    const picked = file instanceof File && file.size > 0 ? file : null;
    const content = picked ?? new Blob([byId<HTMLTextAreaElement>("text").value]);
    const name = picked?.name ?? "投标函.txt";
    const attached = fields.has("attached");
    const { results } = await present().sign({
      items: [{ name, content }],
      format: attached ? "cms-attached" : "cms-detached",
    });
    const [result] = results;
    if (result === undefined || "error" in result) throw new Error(result?.error ?? "UNKNOWN");
    const bytes = new Uint8Array(await content.arrayBuffer());
    const body = { name, cms: result.cms, ...(attached ? {} : { content: base64Url(bytes) }) };
    must(await post("/api/sign", body));
    await refresh();
    say(`签名已核验：${name}`, true);
  });
});

byId("missing").hidden = api !== undefined;
void refresh();
