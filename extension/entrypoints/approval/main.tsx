import { t } from "../../platform/i18n.ts";
import { ApprovalWindow, requestIdOf } from "../../surfaces/approval/approval.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";
import "../../surfaces/approval/approval.css";
import "../../surfaces/approval/operations/operations.css";

mount("approval", t("approval_title"), <ApprovalWindow id={requestIdOf(location.href)} />);
