import { t } from "../../platform/i18n.ts";
import { PopupWindow } from "../../surfaces/popup/popup.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";

mount(t("popup_title"), <PopupWindow />);
