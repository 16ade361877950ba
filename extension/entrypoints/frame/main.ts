import { broadcast, onMessage } from "../../platform/messages.ts";
import { takeContents } from "../../workshop/frame-contents.ts";
import { createWorkshop } from "../../workshop/workshop.ts";

const contentsOf = takeContents(window);
const workshop = createWorkshop({ place: "frame", report: broadcast, contentsOf });
onMessage((message, sender) => workshop.take(message, sender));
