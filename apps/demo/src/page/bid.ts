/** 投标: choose the lot, encrypt, upload in parts, keep the receipt. */
import { loadGm } from "@certbridge/gm";
import { act, extension, type Found, keepLooking, on, say } from "./act.ts";
import { bidVerb, bringNotice, can, openOwnPackage } from "./bid-verbs.ts";
import { forgetEncrypting, mayRecover, noteEncrypting, recoverEncrypting } from "./recover.ts";
import { type Answer, ask, get, Refusal, type ShownBid, type ShownLot } from "./server.ts";
import { uploadPackage } from "./upload.ts";
import { dayAndTimeOf, element, find, openingOf, showTerms, spanOf, timeOf } from "./view.ts";

const TICK_MS = 1000;

let lots: readonly ShownLot[] = [];
/** Of the server's clock before this computer's. */
let aheadMs = 0;
let chosen: string | null = new URLSearchParams(location.search).get("lot");
let picked: Blob | null = null;
let pickedName = "";
/** The last package that this page had, uploaded or not: its bidder may open it. */
let kept: Blob | null = null;
/** Of what this page encrypted itself: handed in with it. */
let ledgerHead: string | null = null;
let bid: ShownBid | null = null;
let stop: AbortController | null = null;
let device: Found | null = null;

const gm = (async () => {
  const simd = await (await fetch("/gm.simd.wasm")).arrayBuffer();
  return loadGm({ simd });
})();
gm.catch(() => undefined);

const now = (): number => Date.now() + aheadMs;
const chosenLot = (): ShownLot | null => lots.find(({ id }) => id === chosen) ?? null;

/** Bytes as people say them. */
const sizeOf = (len: number): string =>
  len < 1e6 ? `${Math.ceil(len / 1024)} KB` : `${(len / 1024 ** 2).toFixed(1)} MB`;

/** Where there may be a finished package already, nobody encrypts again. */
function showRecovery(): void {
  const lot = chosenLot();
  find("recovery").hidden = !can(device, "jobs") || lot === null || picked !== null || !mayRecover(lot);
}

/** What would be uploaded; after that, that it was. */
function showPicked(): void {
  const none = bid === null ? "还没有加密投标文件。" : "已上传，见下方回执。要更换的，重新加密后再上传。";
  find("picked").textContent = picked === null ? none : `${pickedName}（${sizeOf(picked.size)}）`;
}

function pick(file: Blob | null, name: string, head: string | null = null): void {
  picked = file;
  pickedName = name;
  kept = file ?? kept;
  showOwn();
  ledgerHead = head;
  showRecovery();
  showPicked();
  find("upload", HTMLButtonElement).disabled = file === null;
  find("upload").textContent = "上传";
}

function showOwn(): void {
  find("open-own").hidden = kept === null || !can(device, "decrypt");
}

function showReceipt(shown: ShownBid | null): void {
  bid = shown;
  showPicked();
  find("receipt-card").hidden = shown === null;
  if (shown === null) return;
  showTerms("receipt", [
    ["收到时间", dayAndTimeOf(shown.receivedAt)],
    [
      "时间戳",
      shown.stampedAt === null
        ? "时间戳机构还没有回应。投标文件已计入投标，请稍后刷新本页取回执。"
        : `${timeOf(shown.stampedAt)}，由时间戳机构签发`,
    ],
    ["文件大小", sizeOf(shown.packageLen)],
    ["文件编号", shown.packageId],
    ["签名摘要", `SM3 ${shown.signatureSm3.slice(0, 16)}…`],
  ]);
  const link = find("receipt-file", HTMLAnchorElement);
  link.hidden = shown.receipt === null;
  link.href = `/api/lots/${chosen ?? ""}/receipt`;
  link.download = `回执-${shown.packageId}.p7m`;
  find("to-hall", HTMLAnchorElement).href = `/hall?lot=${chosen ?? ""}`;
  find("keep-receipt").hidden = shown.receipt === null || !can(device, "saveReceipt");
}

function showLots(): void {
  find("lots").replaceChildren(
    ...lots.map(({ id, projectCode, projectName, lot, openingAt, isLegacy }) => {
      const item = element("li", "");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset["lot"] = id;
      button.setAttribute("aria-pressed", String(id === chosen));
      button.append(
        element("strong", `${projectName} ${lot}`),
        element("small", `${projectCode} · 开标 ${openingOf(openingAt)}${isLegacy ? " · 旧格式" : ""}`),
      );
      button.addEventListener("click", () => void act(() => choose(id)));
      item.append(button);
      return item;
    }),
  );
}

function tick(): void {
  const lot = chosenLot();
  if (lot === null) return;
  const leftMs = lot.openingAt - now();
  find("deadline").textContent = leftMs > 0 ? `距投标截止 ${spanOf(leftMs)}` : "已过投标截止时间，不能再提交。";
  find("deadline").dataset["over"] = String(leftMs <= 0);
}

function bringChosen(): void {
  const lot = chosenLot();
  if (lot !== null) void bringNotice(lot, device);
}

async function choose(id: string): Promise<void> {
  chosen = id;
  const lot = chosenLot();
  find("work").hidden = lot === null;
  showLots();
  if (lot === null) return;
  showTerms("lot", [
    ["项目", `${lot.projectName}（${lot.projectCode}）`],
    ["标段", lot.lot],
    ["开标时间", openingOf(lot.openingAt)],
    ["开标通知", lot.sequence === 1 ? "第1次，平台已签名" : `第${lot.sequence}次（已改期），平台已签名`],
  ]);
  tick();
  showRecovery();
  bringChosen();
  const mine = await ask<{ bid: ShownBid | null }>(`/api/lots/${id}/bid`).catch(() => ({ bid: null }));
  showReceipt(mine.bid);
}

async function load(): Promise<void> {
  const got = await ask<{ now: number; lots: readonly ShownLot[] }>("/api/lots");
  aheadMs = got.now - Date.now();
  ({ lots } = got);
  await choose(chosenLot()?.id ?? lots[0]?.id ?? "");
}

async function encrypt(): Promise<void> {
  // The newest notice, whatever this page showed an hour ago.
  await load();
  const lot = chosenLot();
  const verb = await bidVerb("encrypt");
  if (verb === null || lot === null) throw new Refusal("UNSUPPORTED_OPERATION");
  find("progress").textContent = "请在互认通窗口中选择投标文件并确认。";
  noteEncrypting(lot);
  const made = await verb.call(await extension(), { notice: lot.notice });
  pick(made.package, made.package.name, made.ledgerHead ?? null);
  say("加密完成，已试解密成功。请上传。", "good");
}

async function recover(): Promise<void> {
  const lot = chosenLot();
  if (lot === null) return;
  find("progress").textContent = "请在互认通窗口中确认。";
  const job = await recoverEncrypting(lot, (share) => {
    find("progress").textContent = `上次的加密还在进行 ${Math.floor(100 * share)}%`;
  });
  if (job?.state === "done" && job.package !== null) {
    pick(job.package, job.package.name, job.ledgerHead ?? null);
    say("已找回加密投标文件，不必重新加密。请上传。", "good");
    return;
  }
  forgetEncrypting(lot);
  showRecovery();
  say("上次的加密没有完成，也没有留下文件。请重新选择投标文件并加密。");
}

async function upload(): Promise<void> {
  if (picked === null || chosen === null) return;
  stop = new AbortController();
  const bar = find("bar", HTMLProgressElement);
  [bar.hidden, find("pause").hidden] = [false, false];
  try {
    const shown = await uploadPackage({
      gm: await gm,
      lotId: chosen,
      file: picked,
      ledgerHead,
      signal: stop.signal,
      told: (done, total) => {
        bar.value = done / total;
        find("progress").textContent =
          done < total ? `正在上传 ${Math.floor((100 * done) / total)}%` : "已传完，平台正在核验……";
      },
    });
    showReceipt(shown);
    const lot = chosenLot();
    if (lot !== null) forgetEncrypting(lot);
    pick(null, "");
    say(`提交成功 ${timeOf(shown.receivedAt)}，回执已生成。`, "good");
  } catch (error) {
    find("upload").textContent = "继续上传";
    if (stop.signal.aborted) say("已暂停。点“继续上传”从断开处接着传。");
    else if (error instanceof TypeError) say("网络中断。恢复后点“继续上传”，已传的部分不必重传。");
    else throw error;
  } finally {
    [bar.hidden, find("pause").hidden] = [true, true];
    stop = null;
  }
}

async function keepReceipt(): Promise<void> {
  const verb = await bidVerb("saveReceipt");
  if (verb === null || bid === null) throw new Refusal("UNSUPPORTED_OPERATION");
  const { packageId, receipt } = bid;
  if (receipt === null) throw new Refusal("RECEIPT_DELAYED");
  await verb.call(await extension(), { packageId, receipt });
  say("回执已存到本机。", "good");
}

/** For the bidder alone: the extension saves the files, and this page hears how many there were. */
async function openOwn(): Promise<void> {
  const opened = kept === null ? null : await openOwnPackage(kept);
  if (opened === null) throw new Refusal("UNSUPPORTED_OPERATION");
  say(`已解密，共${opened.files}个文件，请在互认通窗口中保存。`, "good");
}

on("open-own", "click", () => act(openOwn));
on("encrypt", "click", () => act(encrypt));
on("recover", "click", () => act(recover));
on("upload", "click", async () => {
  await act(upload);
  find("upload", HTMLButtonElement).disabled = picked === null;
});
on("keep-receipt", "click", () => act(keepReceipt));
find("pause").addEventListener("click", () => stop?.abort());
find("package", HTMLInputElement).addEventListener("change", (event) => {
  const file = event.target instanceof HTMLInputElement ? (event.target.files?.[0] ?? null) : null;
  pick(file, file?.name ?? "");
});

void act(async () => {
  await load();
  const { account = null }: Answer = await get("/api/me");
  find("who").textContent = account?.name ?? "";
  find("sign-in-first").hidden = account !== null;
});
setInterval(tick, TICK_MS);
keepLooking((found) => {
  device = found;
  showOwn();
  bringChosen();
  find("encrypt").hidden = !can(found, "encrypt");
  find("encrypt-missing").hidden = can(found, "encrypt");
  showReceipt(bid);
  showRecovery();
});
