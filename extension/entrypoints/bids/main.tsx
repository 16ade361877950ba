import { t } from "../../platform/i18n.ts";
import { BidsPage } from "../../surfaces/bids/bids.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";
import "../../surfaces/bids/bids.css";

mount("bids", t("bids_title"), <BidsPage />);
