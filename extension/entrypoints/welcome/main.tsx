import { t } from "../../platform/i18n.ts";
import { mount } from "../../surfaces/parts/mount.tsx";
import { WelcomePage } from "../../surfaces/welcome/welcome.tsx";
import "../../surfaces/welcome/welcome.css";

mount("welcome", t("welcome_title"), <WelcomePage />);
