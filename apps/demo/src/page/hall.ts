/** 开标大厅, as a bidder sees it: check in, release the own key when the order is there, see what became of it. */
import { act, codeOf, extension, type Found, keepLooking, on, say } from "./act.ts";
import { bidVerb, bringNotice, can } from "./bid-verbs.ts";
import { reasonOf, showClock, showHall, showLots, statusOf } from "./hall-view.ts";
import { type Answer, ask, get, Refusal, type ShownHall, type ShownLot } from "./server.ts";
import { dayAndTimeOf, find, showTerms, timeOf } from "./view.ts";
import type { Code } from "./words.ts";

const POLL_MS = 1000;

/** What could not be kept is tried again so much later: a page has ten requests a minute, and the key goes first. */
const KEEP_AGAIN_MS = 20_000;

let lotId = "";
let hall: ShownHall | null = null;
let aheadMs = 0;
let found: Found | null = null;
let isSignedIn = false;

/** Where the person can do something about it at once: the ways that this bid has, in the order in which they are tried. */
function showLadder(code: string | null, spares: number): void {
  const ladder = find("ladder");
  const isNew = ladder.hidden && code !== null;
  ladder.hidden = code === null;
  if (code === null) return;
  const left = (hall?.notAfter ?? 0) - Date.now() - aheadMs;
  const minutes = Math.max(0, Math.floor(left / 60_000));
  find("ladder-reason").textContent = `${reasonOf(code)}（剩余约${minutes}分钟）`;
  find("other-key").hidden = spares === 0;
  find("spares").textContent =
    spares === 0
      ? "无备用锁：加密时没有选定另一把CA锁。"
      : `这份标书加密时选定了${spares}把备用锁：插入备用锁，再点“换锁”。`;
  find("record", HTMLAnchorElement).href = `/api/lots/${lotId}/trouble-record.json`;
  if (isNew) ladder.scrollIntoView({ block: "nearest" });
}

function showMine(): void {
  const mine = hall?.mine ?? null;
  find("sign-in-first").hidden = isSignedIn;
  find("not-submitted").hidden = !isSignedIn || mine !== null;
  find("mine").hidden = mine === null;
  if (hall === null || mine === null) return;
  showTerms("bid", [
    ["回执时间", dayAndTimeOf(mine.receivedAt)],
    ["文件编号", mine.packageId],
    ["签到", mine.checkedInAt === null ? "未签到" : timeOf(mine.checkedInAt)],
  ]);
  find("outcome").textContent = hall.lot.state === "receiving" ? "" : statusOf(mine);
  find("outcome").dataset["status"] = mine.status;
  const isOpen = hall.lot.state === "opening" && hall.notAfter !== null && hall.notAfter > Date.now() + aheadMs;
  const isDone = mine.status === "opened" || mine.status === "opening";
  // Whose key is here has been here; and after the end nobody comes any more.
  find("check-in").hidden = isDone || mine.checkedInAt !== null || hall.lot.state === "closed";
  find("decrypt").hidden = isDone || !can(found, "decrypt");
  find("decrypt-missing").hidden = isDone || can(found, "decrypt");
  const isBusy = document.body.dataset["state"] === "busy";
  find("decrypt", HTMLButtonElement).disabled = isBusy || !isOpen || mine.order === null;
  showLadder(isDone || !isOpen ? null : mine.code, mine.spares);
}

async function refresh(): Promise<void> {
  const asked = lotId;
  const got = await ask<ShownHall>(`/api/lots/${asked}/hall`);
  // Another lot may have been chosen meanwhile.
  if (asked !== lotId) return;
  hall = got;
  aheadMs = got.now - Date.now();
  showHall(got);
  showClock(got, got.now);
  showMine();
  if (got.mine !== null) void bringNotice(got.lot, found);
  void keepAnswer();
}

async function checkIn(): Promise<void> {
  await ask(`/api/lots/${lotId}/check-in`, {});
  await refresh();
  say("签到成功。请保持本页打开，等待主持人宣布。", "good");
}

async function decrypt(): Promise<void> {
  await refresh();
  const { keyBlock = null, order = null } = hall?.mine ?? {};
  if (keyBlock === null || order === null) throw new Refusal("HALL_NOT_OPEN");
  const verb = await bidVerb("decrypt");
  if (verb === null) throw new Refusal("UNSUPPORTED_OPERATION");
  find("progress").textContent = "请在互认通窗口中核对项目，输入PIN码。";
  const { releasedKey } = await verb.call(await extension(), { keyBlock, order });
  find("progress").textContent = "平台正在核验密钥……";
  await ask(`/api/lots/${lotId}/key`, { releasedKey });
  await refresh();
  say(`已解密 ${timeOf(hall?.mine?.releasedAt ?? Date.now() + aheadMs)}`, "good");
}

let keptAnswer: string | null = null;
let tried = { answer: "", at: 0 };

/**
 * The platform's signed answer to the key, right or refused, goes to the bidder's own computer, once the authority has stamped it: evidence of the
 * opening. It hinders nothing, and is tried again where it failed.
 */
async function keepAnswer(): Promise<void> {
  const { answer = null, packageId = "" } = hall?.mine ?? {};
  if (answer === null || answer === keptAnswer) return;
  if (answer === tried.answer && Date.now() < tried.at + KEEP_AGAIN_MS) return;
  tried = { answer, at: Date.now() };
  try {
    const verb = await bidVerb("saveReceipt");
    if (verb === null) return;
    await verb.call(await extension(), { packageId, receipt: answer });
    keptAnswer = answer;
  } catch {
    // The extension says so itself where there is anything to be done; the next look tries again.
  }
}

/** What the server did not see for itself is told to it: the record is the bidder's, too. */
async function tell(code: Code, error: unknown): Promise<void> {
  if (!(error instanceof Refusal)) await ask(`/api/lots/${lotId}/troubles`, { code }).catch(() => undefined);
  await refresh().catch(() => undefined);
}

const tryToDecrypt = (): Promise<void> =>
  act(async () => {
    try {
      await decrypt();
    } catch (error) {
      await tell(codeOf(error), error);
      throw error;
    }
  }).then(showMine);

on("check-in", "click", () => act(checkIn));
for (const id of ["decrypt", "again", "other-key", "backup"]) on(id, "click", tryToDecrypt);

void act(async () => {
  const { account = null }: Answer = await get("/api/me");
  isSignedIn = account !== null;
  find("who").textContent = account?.name ?? "";
  const { lots } = await ask<{ lots: readonly ShownLot[] }>("/api/lots");
  showLots(lots, (id) => {
    lotId = id;
    void refresh();
  });
});
keepLooking((status) => {
  found = status;
  showMine();
});
setInterval(() => {
  if (lotId !== "") refresh().catch(() => (find("phase").textContent = "与平台的连接中断，正在重连……"));
}, POLL_MS);
