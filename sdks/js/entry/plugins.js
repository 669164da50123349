// What a page can tell by itself; each function is taken into a bundle only where it is used.

export { articleProgress, outboundClicks, pageViews, videoProgress } from "./lib/plugins.js";
