import { t } from "../../platform/i18n.ts";
import { mount } from "../../surfaces/parts/mount.tsx";
import { OwnPage } from "../../surfaces/own/own.tsx";
import "../../surfaces/approval/approval.css";
import "../../surfaces/approval/operations/operations.css";
import "../../surfaces/own/own.css";

mount("own", t("own_title"), <OwnPage />);
