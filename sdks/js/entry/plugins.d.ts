// What a page can tell by itself; each function is taken into a bundle only where it is used.

/** Ends what a plugin does. */
export type Stop = () => void;

/**
 * Calls `view` for the page that is shown, and again whenever a single-page app shows another.
 *
 *     pageViews(({ path }) => judi.pageView({ pageKind: kindOf(path) }));
 */
export declare function pageViews(view: (page: { readonly url: string; readonly path: string; readonly title: string }) => void): Stop;

/**
 * Calls `click` before the reader follows a link to another site, by mouse, key or the middle button.
 *
 *     outboundClicks(({ url }) => judi.click({ element: "outbound", targetUrl: url }));
 */
export declare function outboundClicks(click: (link: { readonly url: string; readonly text: string; readonly element: Element }) => void): Stop;

/** How far a reader came in an article. */
export interface ArticleProgress {
  /** The mark that was reached; at the end, the deepest place, in percent of the article's height. */
  readonly depthPercent: number;
  /** Milliseconds in which the page was in view and the reader did something at least every 15 s. */
  readonly engagedMs: number;
  /** Milliseconds in which the page was in view. */
  readonly visibleMs: number;
  /** Whether the reader leaves: told once. */
  readonly isEnd: boolean;
}

/**
 * Calls `progress` when each mark of the article's depth is first reached (25, 50, 75 and 100 where none are said),
 * and once when the reader leaves.
 *
 *     articleProgress(document.querySelector("article"), (it) => judi.scroll({ articleId, ...it }));
 */
export declare function articleProgress(
  article: Element | null,
  progress: (it: ArticleProgress) => void,
  options?: { readonly marks?: readonly number[]; readonly idleMs?: number },
): Stop;

/** Where a video is. */
export interface VideoState {
  readonly positionMs: number;
  /** Undefined for a live stream. */
  readonly durationMs: number | undefined;
  /** How much of the whole was played, from 0 to 1, each second counted once. */
  readonly completion: number;
}

/**
 * Follows a `<video>`: its first picture, every so many seconds of it played, and its end.
 *
 *     videoProgress(video, {
 *       start: (it) => judi.videoStart({ programmeId, ...it }),
 *       progress: (it) => judi.videoProgress({ programmeId, ...it }),
 *       end: (it, reason) => judi.videoEnd({ programmeId, ...it }),
 *     });
 */
export declare function videoProgress(
  video: HTMLMediaElement,
  tell: {
    readonly start?: (it: VideoState) => void;
    readonly progress?: (it: VideoState) => void;
    readonly end?: (it: VideoState, reason: "finished" | "stopped" | "error") => void;
  },
  options?: { readonly everySeconds?: number },
): Stop;
