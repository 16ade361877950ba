/** Bidders at a demonstration platform, through HTTP alone: signed in, handing in packages, releasing keys. */
import type { Demo } from "@certbridge/demo";
import { type BidderKeys, completeUscc, obtainKeys } from "@certbridge/demo/bidders";
import { hexOf } from "@certbridge/pki";
import type { BidNotice } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { type PlainFile, type ReleaseChanges, releaseKey, sealBid, type SealedBid } from "../../support/sealed-bid.ts";
import { makeToken } from "../../unit/verify/world.ts";
import { type Reply, type Visitor, visit } from "./visitor.ts";

export const PART_LEN = 8 * 1024 * 1024;

export const FILES: readonly PlainFile[] = [
  { name: "商务标.pdf", bytes: new TextEncoder().encode("投标总价：壹佰万元整。") },
  { name: "技术标.pdf", bytes: Uint8Array.from({ length: 40_000 }, (_, at) => at % 253) },
];

export interface Bidder {
  readonly keys: BidderKeys;
  readonly visitor: Visitor;
}

let bidders = 0;

/** A bidder that no test has seen, with an account, signed in. */
export async function enter(demo: Demo, name = "投标人"): Promise<Bidder> {
  bidders++;
  const uscc = completeUscc(`91320100MA1TND${String(bidders).padStart(3, "0")}`);
  const keys = obtainKeys(demo.gm, demo.authorities.jiangnan, { name: `${name}${bidders}`, uscc });
  const platform = demo.platforms.a;
  platform.admin.addAccount(keys.applicant);
  const visitor = visit(demo, platform);
  const nonce = String((await visitor.post("/api/nonce")).json["nonce"]);
  const { status } = await visitor.post("/api/login", makeToken(keys, nonce, { origin: platform.origin }));
  if (status !== 200) throw new Error(`login: ${status}`);
  return { keys, visitor };
}

export const noticeOf = (demo: Demo, lotId: string): BidNotice =>
  demo.platforms.a.admin.bidding.lots.find(lotId).newest.said;

export const codeOf = ({ json }: Reply): string => (json["ok"] === true ? "ok" : String(json["code"]));

export const sealFor = (demo: Demo, { keys }: Bidder, lotId: string, files = FILES): Promise<SealedBid> =>
  sealBid(demo.gm, keys, noticeOf(demo, lotId), files);

/** What the server says of an upload. */
export interface UploadReply {
  readonly id: string;
  readonly parts: readonly (string | null)[];
}

export const uploadIn = ({ json }: Reply): UploadReply => json["upload"] as UploadReply;

export async function beginUpload({ visitor }: Bidder, lotId: string, size: number): Promise<UploadReply> {
  return uploadIn(await visitor.post(`/api/lots/${lotId}/uploads`, { size }));
}

export function putPart(demo: Demo, { visitor }: Bidder, id: string, index: number, bytes: Uint8Array): Promise<Reply> {
  const part = bytes.subarray(index * PART_LEN, (index + 1) * PART_LEN);
  return visitor.put(`/api/uploads/${id}/parts/${index}`, part, { "content-sm3": hexOf(demo.gm.sm3(part)) });
}

/** All parts, and what the platform said to the whole. */
export async function submit(demo: Demo, bidder: Bidder, lotId: string, bytes: Uint8Array): Promise<Reply> {
  const { id, parts } = await beginUpload(bidder, lotId, bytes.length);
  for (const index of parts.keys()) await putPart(demo, bidder, id, index, bytes);
  return bidder.visitor.post(`/api/uploads/${id}/complete`);
}

/** What the hall shows to this bidder of the own bid. */
export async function mineOf({ visitor }: Bidder, lotId: string): Promise<Readonly<Record<string, unknown>>> {
  return (await visitor.get(`/api/lots/${lotId}/hall`)).json["mine"] as Readonly<Record<string, unknown>>;
}

/** Takes key block and order from the hall, and posts the key: what page and companion program do. */
export async function releaseAt(demo: Demo, bidder: Bidder, lotId: string, changes?: ReleaseChanges): Promise<Reply> {
  const { keyBlock, order } = await mineOf(bidder, lotId);
  const read = (text: unknown) => decodeBase64Url(String(text));
  const key = releaseKey(demo.gm, bidder.keys, read(keyBlock), read(order), changes);
  return bidder.visitor.post(`/api/lots/${lotId}/key`, { releasedKey: encodeBase64Url(key) });
}
