// How Teams has cards drawn: its fonts, spacings and colours (the colours themselves stand in channel.css),
// and the Markdown that it knows: bold, italic, lists and links (Teams: format cards).
"use strict";

const colors = Object.fromEntries(
  [["default", "text"], ["dark", "text"], ["light", "text"], ["accent", "accent"],
   ["good", "good"], ["warning", "warning"], ["attention", "attention"]].map(([name, color]) =>
    [name, { default: `var(--${color})`, subtle: `var(--${color === "text" ? "subtle" : color})` }]));

const style = (background) => ({ backgroundColor: `var(--${background})`, foregroundColors: colors });

const type = (fontFamily) => ({
  fontFamily,
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
});

const TEAMS = {
  supportsInteractivity: true,
  fontTypes: {
    default: type('"Segoe UI", "Open Sans", system-ui, sans-serif'),
    monospace: type('"SF Mono", Menlo, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace'),
  },
  lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 32 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  imageSizes: { small: 40, medium: 80, large: 160 },
  containerStyles: {
    default: style("card"), emphasis: style("emphasis-back"), accent: style("accent-back"),
    good: style("good-back"), warning: style("warning-back"), attention: style("attention-back"),
  },
  actions: {
    maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal",
    actionAlignment: "left", showCard: { actionMode: "inline", inlineTopMargin: 12, style: "emphasis" },
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { color: "default", size: "default", weight: "bolder", wrap: true, maxWidth: 140 },
    value: { color: "default", size: "default", weight: "default", wrap: true },
    spacing: 12,
  },
  textBlock: { headingLevel: 2 },
};

const markdown = window.markdownit("commonmark", { html: false }).disable(
  ["heading", "lheading", "code", "fence", "blockquote", "hr", "reference", "backticks", "image",
   "html_block", "html_inline", "autolink"]);
