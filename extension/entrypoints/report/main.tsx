import { t } from "../../platform/i18n.ts";
import { mount } from "../../surfaces/parts/mount.tsx";
import { ReportPage } from "../../surfaces/report/report.tsx";
import "../../surfaces/report/report.css";

mount("report", t("report_title"), <ReportPage />);
