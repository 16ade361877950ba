import { broadcast, onMessage } from "../../platform/messages.ts";
import { createWorkshop } from "../../workshop/workshop.ts";

const workshop = createWorkshop({ place: "own", report: broadcast });
onMessage((message, sender) => workshop.take(message, sender));
