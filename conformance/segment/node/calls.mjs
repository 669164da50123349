// What every driver of this folder says.

export const TIME = new Date("2026-11-23T08:00:01.500Z");
export const WHO = { anonymousId: "a1", userId: "u1" };

export const CONTEXT = {
  app: { name: "news", version: "7.1" },
  locale: "sv-SE",
  ip: "10.1.2.3",
  page: { url: "https://www.example.se/elk?x=1", path: "/elk", referrer: "https://r.example/" },
  campaign: { name: "höst", source: "mail", medium: "letter", term: "elk", content: "top" },
};

export const ARTICLE = {
  id: "/articles/elk",
  words: "1200",
  premium: "true",
  authors: ["Anna", "Bo"],
  seconds: 12.3456,
  readAt: "2026-11-23T08:00:00+01:00",
  score: 4.5,
  tone: "Dark Red",
  somethingNew: { deep: [1, "två", null] },
};
