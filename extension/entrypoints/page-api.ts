import { defineUnlistedScript } from "wxt/utils/define-unlisted-script";
import { installApi } from "../page/api.ts";

export default defineUnlistedScript(installApi);
