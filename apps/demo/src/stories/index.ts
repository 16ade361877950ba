export { largeStory, parseSize, removeLarge } from "./large.ts";
export { otherComputerStory } from "./other-computer.ts";
export { backupStory, bidStory } from "./bid-story.ts";
export {
  type MakeRung,
  openScene,
  postponedStory,
  renewed,
  renewedStory,
  secondRecipient,
  secondRecipientStory,
  wrongKey,
  wrongKeyStory,
} from "./rungs.ts";
export { tellStory } from "./story.ts";
export { mainStory } from "./main-story.ts";
export { isSabotage, type SabotageName, sabotages } from "./sabotage.ts";
export { PICTURE, takeStorePictures } from "./store-pictures.ts";
export { StoryError } from "./story.ts";
