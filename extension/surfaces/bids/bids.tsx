/** 我的标书: what waits for its opening, how it stands and why in one sentence, and the next step. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { isAwaited, type OpenBid, type Readiness } from "@certbridge/protocol/host";
import type { BidsView } from "@certbridge/protocol/surface";
import { beijingTime, errorWords, type MessageKey, t } from "../../platform/i18n.ts";
import { clearBadge, openOwnBid, openPlatform } from "../../platform/surface-tabs.ts";
import { Retry } from "../parts/failure.tsx";
import { HostPanel } from "../parts/host-panel.tsx";
import { KeyFindings } from "../parts/key-findings.tsx";
import { Notice } from "../parts/notice.tsx";
import { Opening } from "../parts/opening.tsx";
import { Page } from "../parts/page.tsx";
import { Findings, findingsOf, sentenceOf } from "../parts/preflight.tsx";
import { saveFile } from "../parts/save-file.ts";
import { safeName } from "../parts/text.ts";
import { type Bids, createBids } from "../state/bids.ts";
import { useNow, usePolling } from "../state/clock.ts";
import { createRescue, type Rescue } from "../state/rescue.ts";
import { Carry } from "./carry.tsx";
import { RescuePanel, Steps } from "./rescue.tsx";
import { Trial } from "./trial.tsx";

/** Keys come and go while the page is open. */
const POLL_MS = 5000;

const STANDS: Readonly<Record<Readiness | "superseded", MessageKey>> = {
  green: "bids_green",
  amber: "bids_amber",
  red: "bids_red",
  superseded: "bids_superseded",
};

/** How it stands, or that nothing depends on it any more. */
const standOf = (bid: OpenBid): Readiness | "superseded" => (isAwaited(bid) ? bid.readiness : "superseded");

/** The one sentence that counts most. */
function whyOf(bid: OpenBid): string | null {
  const { results, rehearsedAt } = bid;
  if (!isAwaited(bid)) return t("bids_superseded_why");
  const [worst] = findingsOf(results);
  if (worst !== undefined) return sentenceOf(worst);
  return rehearsedAt === null ? null : t("bids_green_why", beijingTime(rehearsedAt));
}

/** The address ends with the bid that is meant, by a reminder or the popup; or with the name of the button that is to be pressed. */
const wanted = () => location.hash.slice(1);

const RESCUE = "rescue";

/** It does not open any more, or only while the old key is still here. */
const isRenewed = ({ results }: OpenBid) =>
  results.some(({ rule, outcome }) => rule === "renewed-certificate" && (outcome === "bad" || outcome === "warning"));

/** Nobody sees the key that opens it: it may be inserted all the same, and only its driver fail. */
const lacksKey = (bid: OpenBid) =>
  isAwaited(bid) && bid.results.some(({ rule, outcome }) => rule === "key-present" && outcome !== "good");

/** What was done with a bid and what came of it, as a file for whoever has to judge it. */
function Evidence({ bids, packageId, title }: { bids: Bids; packageId: string; title: string }) {
  const unsaved = bids.unsaved.value;
  const save = async () => {
    const report = await bids.readEvidence(packageId);
    if (report !== null) saveFile(report, `${t("bids_evidence_name")}-${packageId}.html`);
  };
  return (
    <>
      <button type="button" aria-label={t("bids_evidence_named", title)} onClick={() => void save()}>
        {t("bids_evidence")}
      </button>
      {unsaved?.packageId === packageId && (
        <p class="field-problem" role="alert">
          {errorWords(unsaved.error)}
        </p>
      )}
    </>
  );
}

/** What cannot be opened is encrypted anew, on the platform's own page. */
function Anew({ lot, readiness }: Pick<OpenBid, "lot" | "readiness">) {
  const [origin] = lot.origins;
  return (
    <Notice
      tone={readiness === "red" ? "danger" : "warning"}
      title={t("bids_anew")}
      actions={
        origin === undefined ? undefined : (
          <button type="button" class="primary" onClick={() => void openPlatform(origin)}>
            {t("bids_open_platform")}
          </button>
        )
      }
    >
      <p>{t("bids_anew_note", safeName(lot.platformName, 60))}</p>
    </Notice>
  );
}

interface BidProps {
  bid: OpenBid;
  bids: Bids;
  rescue: Rescue;
  view: BidsView;
  now: number;
}

function Bid({ bid, bids, rescue, view, now }: BidProps) {
  const { lot, readiness, results, packageId } = bid;
  const title = `${safeName(lot.projectName, 60)} ${safeName(lot.lot, 40)}`;
  const id = `bid-${packageId}`;
  const stand = standOf(bid);
  const why = whyOf(bid);
  const isChosen = bids.chosen.value === packageId;
  const checked = rescue.checked.value;
  // What was asked for first aid the list, which asks nobody, does not know.
  const asked = checked?.view?.bids.find((each) => each.packageId === packageId) ?? bid;
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever came by a reminder is led to the bid that it was about.
  useLayoutEffect(() => {
    if (wanted() !== packageId) return;
    heading.current?.scrollIntoView();
    heading.current?.focus();
  }, [packageId]);
  return (
    <li class={`bid bid-${stand}`} aria-labelledby={id}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        <bdi>{title}</bdi> <span class={`tag stands-${stand}`}>{t(STANDS[stand])}</span>
      </h2>
      {why !== null && <p class="bid-why">{why}</p>}
      <Opening openingTime={lot.openingTime} now={now} />
      <p class="soft">
        <bdi>{safeName(lot.platformName, 60)}</bdi> · {safeName(lot.projectCode, 60)} · {t("bids_key")}{" "}
        {t("key_tail", safeName(bid.serialTail, 8))} · {t("rehearse_made")} {beijingTime(bid.madeAt)}
        {lot.profile === "legacy" && ` · ${t("legacy_title")}`}
      </p>
      {isAwaited(bid) && findingsOf(results).length > 1 && (
        <details>
          <summary>{t("bids_all")}</summary>
          <Findings results={results} />
        </details>
      )}
      {isAwaited(bid) && checked !== null && <Steps bid={asked} checked={checked} keys={view.keys} />}
      {isAwaited(bid) && (readiness === "red" || isRenewed(bid)) && <Anew lot={lot} readiness={readiness} />}
      {isChosen ? (
        <Trial bid={bid} bids={bids} held={view.keys.find(({ keyId }) => keyId === bid.keyId) ?? null} now={now} />
      ) : (
        <div class="actions">
          <button
            type="button"
            class={stand === "green" || stand === "amber" ? "primary" : undefined}
            aria-label={t("bids_try_named", title)}
            onClick={() => bids.choose(packageId)}
          >
            {t("bids_try")}
          </button>
          <Evidence bids={bids} packageId={packageId} title={title} />
        </div>
      )}
    </li>
  );
}

function List({ bids, rescue, view }: { bids: Bids; rescue: Rescue; view: BidsView }) {
  const now = useNow();
  if (view.host.state !== "ready") return <HostPanel host={view.host} recheck={() => bids.refresh()} />;
  if (view.bids.length === 0) return <p>{t("bids_none")}</p>;
  return (
    <ul class="bids">
      {view.bids.map((bid) => (
        <Bid key={bid.packageId} bid={bid} bids={bids} rescue={rescue} view={view} now={now} />
      ))}
    </ul>
  );
}

export function BidsPage() {
  const bids = useMemo(() => createBids(), []);
  const rescue = useMemo(() => createRescue(() => bids.view.value?.bids ?? []), [bids]);
  useEffect(() => bids.start(), [bids]);
  useEffect(() => {
    void clearBadge();
    if (wanted() === RESCUE) void rescue.run();
  }, [rescue]);
  const view = bids.view.value;
  const problem = bids.problem.value;
  const known = [...(view?.bids ?? []), ...(rescue.checked.value?.view?.bids ?? [])];
  const isLacking = view?.host.state === "ready" && known.some(lacksKey);
  usePolling(!bids.isTrying.value, POLL_MS, () => void bids.refresh());
  return (
    <Page
      heading={t("bids_heading")}
      lead={t("bids_lead")}
      problem={problem}
      actions={<Retry again={() => void bids.refresh()} />}
    >
      {view === null && problem === null && (
        <p class="loading" role="status">
          {t("host_checking")}
        </p>
      )}
      <RescuePanel rescue={rescue} />
      {/* First aid looks at the keys, too; after it the drivers are looked at anew. */}
      {isLacking && !rescue.running.value && <KeyFindings withHeading whenNone="finding_none" />}
      {view !== null && <List bids={bids} rescue={rescue} view={view} />}
      {view?.host.state === "ready" && <Carry bids={view.bids} done={() => bids.refresh()} />}
      <button type="button" class="link" id="open-own" onClick={() => void openOwnBid()}>
        {t("own_open")}
      </button>
    </Page>
  );
}
