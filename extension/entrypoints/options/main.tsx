import { t } from "../../platform/i18n.ts";
import { OptionsPage } from "../../surfaces/options/options.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";
import "../../surfaces/options/options.css";

mount("options", t("options_title"), <OptionsPage />);
