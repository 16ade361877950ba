/** The opening's record (开标记录): who opened and when, who did not and why. As data, and as a table for spreadsheets. */
import { hexOf } from "@certbridge/pki";
import { isCode, words } from "../page/words.ts";
import type { Hall } from "./hall.ts";
import type { Lot } from "./lots.ts";
import { type Seat, troubleOf } from "./seat.ts";

/** One bidder's row. Instants as ISO 8601 in UTC. */
export interface ResultRow {
  readonly name: string;
  readonly uscc: string;
  readonly packageId: string;
  /** SM3 of the package's signature, hexadecimal, as in the receipt. */
  readonly signatureSm3: string;
  readonly receivedAt: string;
  readonly checkedInAt: string | null;
  readonly releasedAt: string | null;
  readonly openedAt: string | null;
  readonly outcome: "opened" | "opening" | "failed" | "no-key";
  /** Where it was not opened: what its bidder is to blame for, else the last trouble. */
  readonly code: string | null;
  readonly blamed: boolean;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly troubles: readonly { readonly at: string; readonly code: string; readonly foundBy: string }[];
}

export interface Result {
  readonly projectCode: string;
  readonly projectName: string;
  readonly lot: string;
  readonly openingTime: string;
  readonly orderedAt: string | null;
  readonly notAfter: string | null;
  readonly rows: readonly ResultRow[];
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function rowOf(seat: Seat): ResultRow {
  const { bid, status, troubles, files } = seat;
  const { packageId, signatureSm3, receivedAt } = bid.verified;
  const trouble = troubleOf(seat);
  return {
    name: bid.name,
    uscc: bid.uscc,
    packageId,
    signatureSm3: hexOf(signatureSm3),
    receivedAt: new Date(receivedAt).toISOString(),
    checkedInAt: instant(seat.checkedInAt),
    releasedAt: instant(seat.releasedAt),
    openedAt: instant(seat.openedAt),
    outcome: status === "waiting" ? "no-key" : status,
    code: trouble?.code ?? null,
    blamed: trouble?.blamed ?? false,
    files: files.map(({ name, size }) => ({ name, size })),
    troubles: troubles.map(({ at, code, foundBy }) => ({ at: new Date(at).toISOString(), code, foundBy })),
  };
}

export function resultOf(lot: Lot, hall: Hall): Result {
  const order = hall.order(lot.id);
  return {
    projectCode: lot.projectCode,
    projectName: lot.projectName,
    lot: lot.lot,
    openingTime: lot.newest.said.openingTime,
    orderedAt: instant(order?.stampedAt ?? null),
    notAfter: order?.said.notAfter ?? null,
    rows: hall.seats(lot.id).map(rowOf),
  };
}

const OUTCOMES = { opened: "已解密", opening: "解密中", failed: "解密失败", "no-key": "未提交密钥" } as const;

/** A cell that no spreadsheet takes for a formula, and that holds commas, quotes and line ends. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}

/** By the clock of China, as people there read it. */
const timeOf = (at: string | null): string =>
  at === null ? "" : new Date(at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });

/** UTF-8 with its mark, lines ended as RFC 4180 has them: so spreadsheets read Chinese. */
export function encodeCsv({ rows }: Result): string {
  const head = ["投标人", "统一社会信用代码", "回执时间", "签到时间", "收到密钥", "解密完成", "结果", "原因", "文件"];
  const lines = rows.map((row) => [
    row.name,
    row.uscc,
    timeOf(row.receivedAt),
    timeOf(row.checkedInAt),
    timeOf(row.releasedAt),
    timeOf(row.openedAt),
    OUTCOMES[row.outcome],
    row.code === null ? "" : isCode(row.code) ? words[row.code] : row.code,
    row.files.map(({ name }) => name).join("；"),
  ]);
  return `\ufeff${[head, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("")}`;
}
