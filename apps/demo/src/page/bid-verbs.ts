/**
 * The verbs for bid files, as the contract of the page API has them. An extension that is older has none: who asks for one is told so by
 * null, and the page says it to the person.
 */
import { extension, type Found } from "./act.ts";
import type { ShownLot } from "./server.ts";

export interface BidVerbs {
  /** The person picks the files in the extension's window; the page gets the encrypted package alone. */
  encrypt(options: { readonly notice: string }): Promise<{
    readonly packageId: string;
    readonly package: File;
    readonly ledgerHead?: string;
  }>;
  decrypt(options: { readonly keyBlock: string; readonly order: string }): Promise<{ readonly releasedKey: string }>;
  saveReceipt(options: { readonly packageId: string; readonly receipt: string }): Promise<unknown>;
  updateNotice(options: { readonly notice: string }): Promise<unknown>;
}

/** Whether this extension, with this program, can do it now. */
export function can(found: Found | null, verb: keyof BidVerbs): boolean {
  return found?.operations.some((name) => name === verb) ?? false;
}

/** The verb; null where this extension has none. */
export async function bidVerb<N extends keyof BidVerbs>(name: N): Promise<BidVerbs[N] | null> {
  const api: object = await extension();
  const verbs = api as Partial<BidVerbs>;
  const verb: BidVerbs[N] | undefined = verbs[name];
  return typeof verb === "function" ? verb : null;
}

/** Notices that this page has brought. */
const brought = new Set<string>();

/** An opening that was put off (延期): its newer notice is brought to the bidder's computer, which looks after the bid by it. Nobody is asked. */
export async function bringNotice({ sequence, notice }: ShownLot, found: Found | null): Promise<void> {
  if (sequence === 1 || brought.has(notice) || !can(found, "updateNotice")) return;
  brought.add(notice);
  const verb = await bidVerb("updateNotice");
  // One that was not taken comes again with the next page; the order says the newer time anyhow.
  await verb?.call(await extension(), { notice }).catch(() => undefined);
}
