import { t } from "../../platform/i18n.ts";
import { WelcomePage } from "../../surfaces/welcome/welcome.tsx";
import { mount } from "../../surfaces/parts/mount.tsx";

mount(t("welcome_title"), <WelcomePage />);
