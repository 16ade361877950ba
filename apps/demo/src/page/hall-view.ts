/** What bidders and host see alike in the hall: the clock, the phase, the table. */
import type { ShownHall, ShownLot, ShownSeat } from "./server.ts";
import { element, find, openingOf, spanOf, timeOf } from "./view.ts";
import { isCode, words } from "./words.ts";

export const reasonOf = (code: string): string => (isCode(code) ? words[code] : code);

/** One line on how a bid stands. */
export function statusOf({ status, openedAt, releasedAt, code }: ShownSeat): string {
  switch (status) {
    case "opened":
      return `已解密 ${timeOf(releasedAt ?? openedAt ?? 0)}`;
    case "opening":
      return "密钥正确，正在打开文件";
    case "failed":
      return `解密失败：${reasonOf(code ?? "PLATFORM_FAILED")}`;
    case "waiting":
      return code === null ? "未提交密钥" : `未提交密钥：${reasonOf(code)}`;
  }
}

function rowOf(seat: ShownSeat): HTMLElement {
  const row = element("tr", "");
  row.dataset["status"] = seat.status;
  row.append(
    element("td", seat.name),
    element("td", seat.checkedInAt === null ? "未签到" : timeOf(seat.checkedInAt)),
    element("td", seat.releasedAt === null ? "—" : timeOf(seat.releasedAt)),
    element("td", seat.status === "opened" ? `已解密，${seat.files}个文件` : statusOf(seat)),
  );
  return row;
}

/** The clock's line: to the opening, then to the end of the time for keys. */
export function showClock({ lot, notAfter }: ShownHall, now: number): void {
  const clock = find("clock");
  const toOpening = lot.openingAt - now;
  const left = (notAfter ?? 0) - now;
  clock.dataset["urgent"] = String(lot.state === "opening" && left < 5 * 60_000);
  if (lot.state === "closed") clock.textContent = "开标结束";
  else if (lot.state === "opening") clock.textContent = left > 0 ? `剩余 ${spanOf(left)}` : "解密时间已到";
  else clock.textContent = toOpening > 0 ? `距开标 ${spanOf(toOpening)}` : "开标时间已到";
}

const PHASES = {
  receiving: "等待主持人宣布开标。",
  opening: "开标进行中，请各投标人解密。",
  closed: "本标段开标已结束。",
} as const;

export function showHall(hall: ShownHall): void {
  const { lot, seats } = hall;
  find("project").textContent = `${lot.projectName}（${lot.projectCode}）${lot.lot}\n开标 ${openingOf(lot.openingAt)}`;
  find("phase").textContent = PHASES[lot.state];
  find("phase").dataset["phase"] = lot.state;
  find("seats").replaceChildren(...seats.map(rowOf));
  find("seats-empty").hidden = seats.length > 0;
  find("seats-empty").textContent =
    lot.state === "receiving" ? "开标开始后公布投标人名单。" : "本标段没有收到投标文件。";
  find("exports").hidden = lot.state === "receiving";
  find("result-csv", HTMLAnchorElement).href = `/api/lots/${lot.id}/result.csv`;
  find("result-json", HTMLAnchorElement).href = `/api/lots/${lot.id}/result.json`;
}

/** Fills the list of lots; tells which one is chosen, now and later. */
export function showLots(lots: readonly ShownLot[], told: (id: string) => void): void {
  const select = find("lots", HTMLSelectElement);
  const asked = new URLSearchParams(location.search).get("lot");
  select.replaceChildren(
    ...lots.map(({ id, projectName, lot }) => new Option(`${projectName} ${lot}`, id, false, id === asked)),
  );
  select.addEventListener("change", () => told(select.value));
  told(select.value);
}
