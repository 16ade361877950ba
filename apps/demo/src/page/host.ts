/** The host's page (主持人): begins the opening, sends the order again, moves the opening, ends it. */
import { act, on, say } from "./act.ts";
import { showClock, showHall, showLots } from "./hall-view.ts";
import { ask, type ShownHall, type ShownLot } from "./server.ts";
import { find, timeOf } from "./view.ts";

const POLL_MS = 1000;
const POSTPONE_MS = 10 * 60_000;

let lotId = "";
let hall: ShownHall | null = null;

/** From the link; behind the number sign it is in no server's log. */
const operatorCode = location.hash.slice(1);

function askAsHost(path: string, body?: unknown): Promise<ShownHall> {
  const headers = { "Content-Type": "application/json", "Operator-Code": operatorCode };
  const method = body === undefined ? "GET" : "POST";
  return ask(path, body, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

function show(got: ShownHall): void {
  hall = got;
  showHall(got);
  showClock(got, got.now);
  const { state, openingAt } = got.lot;
  const isOver = (got.notAfter ?? 0) <= got.now;
  find("begin").hidden = state !== "receiving";
  find("begin", HTMLButtonElement).disabled = openingAt > got.now;
  find("again").hidden = state !== "opening" || !isOver;
  find("postpone").hidden = state !== "receiving";
  find("now").hidden = state !== "receiving" || openingAt <= got.now;
  find("close").hidden = state !== "opening";
}

const order = async (path: string, body: unknown): Promise<void> => {
  show(await askAsHost(`/api/host/lots/${lotId}/${path}`, body));
};

async function begin(): Promise<void> {
  await order("begin", {});
  say(`解密指令已发出，时间戳 ${timeOf(hall?.orderedAt ?? 0)}。`, "good");
}

const moveTo = async (openingAt: number): Promise<void> => {
  await order("opening-time", { openingAt });
  say("已改期，新的开标通知已签名发布。", "good");
};

on("begin", "click", () => act(begin));
on("again", "click", () => act(begin));
on("postpone", "click", () => act(() => moveTo((hall?.lot.openingAt ?? 0) + POSTPONE_MS)));
on("now", "click", () => act(() => moveTo(hall?.now ?? 0)));
on("close", "click", () =>
  act(async () => {
    await order("close", {});
    say("本标段开标已结束，开标室的密钥已销毁。", "good");
  }),
);

const refresh = async (): Promise<void> => show(await askAsHost(`/api/host/lots/${lotId}`));

void act(async () => {
  const { lots } = await ask<{ lots: readonly ShownLot[] }>("/api/lots");
  showLots(lots, (id) => {
    lotId = id;
    void act(refresh);
  });
});
setInterval(() => {
  if (lotId !== "" && document.body.dataset["state"] !== "busy") refresh().catch(() => undefined);
}, POLL_MS);
