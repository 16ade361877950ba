export { mainStory } from "./main-story.ts";
export { isSabotage, type SabotageName, sabotages } from "./sabotage.ts";
export { StoryError } from "./story.ts";
