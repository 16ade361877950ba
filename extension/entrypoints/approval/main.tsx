import { t } from "../../platform/i18n.ts";
import { ApprovalWindow, requestIdOf } from "../../surfaces/approval/approval.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";

mount(t("approval_title"), <ApprovalWindow id={requestIdOf(location.href)} />);
