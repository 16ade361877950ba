import { t } from "../../platform/i18n.ts";
import { mount } from "../../surfaces/parts/mount.tsx";
import { PopupWindow } from "../../surfaces/popup/popup.tsx";
import "../../surfaces/popup/popup.css";

mount("popup", t("popup_title"), <PopupWindow />);
