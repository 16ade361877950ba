/**
 * A platform's page as its own developer would write it: ask the extension through the kit, post what it says, show what the
 * server judged. Text goes in as text; nothing here makes markup from strings.
 */
import { act, extension, keepLooking, on, say } from "./act.ts";
import { base64UrlOf, find, showAccount, showSubmissions } from "./view.ts";
import { type Answer, get, nonce, post, Refusal } from "./server.ts";
import { type Code, isCode, words } from "./words.ts";

/** Who is no longer signed in finds the entry again. */
const run = (use: () => Promise<void>): Promise<void> =>
  act(use, (code) => {
    if (code === "NOT_SIGNED_IN") show({ ok: true, account: null });
  });

/** The form for this bidder in place of the two buttons; null puts the buttons back. */
function showForm(bidder: Answer["bidder"] | null): void {
  find("form").hidden = bidder === null;
  find("choices").hidden = bidder !== null;
  find("form-name").textContent = bidder?.name ?? "";
  find("form-uscc").textContent = bidder?.uscc ?? "";
}

/** Entry or desk, as the server says who is signed in. */
function show(answer: Answer): void {
  const { account = null, submissions = [] } = answer;
  find("entry").hidden = account !== null;
  find("desk").hidden = account === null;
  find("who").textContent = account === null ? "" : account.name;
  showForm(null);
  if (account !== null) {
    showAccount(account);
    showSubmissions(submissions);
  }
}

const TABS = ["login", "guide"] as const;

function chooseTab(name: (typeof TABS)[number]): void {
  for (const other of TABS) {
    const tab = find(`tab-${other}`);
    tab.setAttribute("aria-selected", String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
    find(`panel-${other}`).hidden = other !== name;
  }
}

async function logIn(): Promise<void> {
  const answer = await post("/api/login", await (await extension()).login(await nonce()));
  show(answer);
  say(`登录成功，欢迎 ${answer.account?.name ?? ""}。`, "good");
}

async function register(): Promise<void> {
  const answer = await post("/api/register", await (await extension()).register(await nonce()));
  if (answer.state === "form-needed") {
    showForm(answer.bidder);
    say("身份已确认。请填写登记表，提交后登记凭证会存到您的电脑。", "good");
    return;
  }
  show(answer);
  const { issuerName } = answer.account?.received ?? {};
  say(
    answer.accepted === true
      ? `已凭“${issuerName ?? ""}”的登记凭证完成注册，无须填表。`
      : "贵单位已登记过，已直接登录。",
    "good",
  );
}

async function save(credential: string, before: string): Promise<void> {
  say(`${before}请在互认通窗口中确认保存登记凭证。`, "good");
  await (await extension()).saveRegistration({ credential });
  say(`${before}登记凭证已存到您的电脑，其他互认平台不必再填表。`, "good");
}

async function submitForm(): Promise<void> {
  const fields = Object.fromEntries(new FormData(find("form", HTMLFormElement)));
  const answer = await post("/api/registration-form", fields);
  show(answer);
  await save(answer.credential ?? "", "登记成功。");
}

async function sign(): Promise<void> {
  const fields = new FormData(find("sign-form", HTMLFormElement));
  const files = fields.getAll("files").filter((file) => file instanceof File && file.size > 0);
  const text = find("sign-text", HTMLTextAreaElement).value;
  const items =
    files.length > 0
      ? files.flatMap((file) => (file instanceof File ? [{ name: file.name, content: file }] : []))
      : [{ name: "投标函.txt", content: new Blob([text]) }];
  const format = fields.has("attached") ? "cms-attached" : "cms-detached";
  const { results } = await (
    await extension()
  ).sign({
    items,
    format,
    onProgress: (progress) => {
      find("progress").textContent =
        progress.stage === "reading"
          ? `正在读取文件 ${Math.floor((100 * progress.done) / Math.max(1, progress.total))}%`
          : progress.stage === "working"
            ? "正在签名……"
            : "请在互认通窗口中核对并确认。";
    },
  });
  let failed: Code | null = null;
  let last: Answer | null = null;
  for (const [index, result] of results.entries()) {
    if ("error" in result) {
      failed = isCode(result.error) ? result.error : "INTERNAL";
      continue;
    }
    const content = items[index]?.content ?? new Blob();
    const outside = format === "cms-detached" ? { content: await base64UrlOf(content) } : {};
    last = await post("/api/sign", { name: result.name, format, cms: result.cms, ...outside });
  }
  if (last !== null) show(last);
  if (failed !== null) throw new Refusal(failed);
  say(`已签名并通过核验：${results.length} 份。`, "good");
}

on("login", "click", () => run(logIn));
on("register", "click", () => run(register));
on("form", "submit", () => run(submitForm));
on("sign-form", "submit", () => run(sign));
on("save-credential", "click", () => run(async () => save((await post("/api/credential")).credential ?? "", "")));
on("logout", "click", () =>
  run(async () => {
    await post("/api/logout");
    show({ ok: true, account: null });
    say("已退出登录。", "good");
  }),
);
for (const name of TABS) {
  find(`tab-${name}`).addEventListener("click", () => chooseTab(name));
  find(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = name === "login" ? "guide" : "login";
    chooseTab(other);
    find(`tab-${other}`).focus();
  });
}

void get("/api/me").then(show, () => say(words.PLATFORM_FAILED, "bad", "PLATFORM_FAILED"));
keepLooking();
