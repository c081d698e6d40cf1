// Colours. Heads: 16 per theme, soft (a chroma of at most 60), and chosen so that any two have a CIE76 distance of at
// least 18 with normal vision and with each kind of dichromacy (Machado et al., 2009); with more than 16 heads they
// repeat, as dashed lines.

const HEADS = {
  light: [
    "#2d3c96",
    "#d24b69",
    "#5aa54b",
    "#a5961e",
    "#6987f0",
    "#d278a5",
    "#00693c",
    "#a587d2",
    "#4b5a0f",
    "#875a96",
    "#692d4b",
    "#4b2d69",
    "#003c00",
    "#1e005a",
    "#2d002d",
    "#0f0f00",
  ],
  dark: [
    "#6996ff",
    "#e18769",
    "#4bd2c3",
    "#d2c35a",
    "#a587c3",
    "#a54b87",
    "#a5d2a5",
    "#0f69b4",
    "#b4871e",
    "#789687",
    "#ffb4ff",
    "#a5ffa5",
    "#78692d",
    "#5a694b",
    "#ffff87",
    "#e1ffff",
  ],
};
// weights 0 … 1 go from the background to one dark colour; signed numbers go from orange over the background to blue
const THEMES = {
  light: {
    ground: "#ffffff",
    ink: "#1c1c1c",
    faint: "#6b6b6b",
    rule: "#d9d9d9",
    full: "#08306b",
    plus: "#0b5fa5",
    minus: "#c2410c",
    accent: "#0b5fa5",
    mark: "#fff3bf",
    wrong: "#b42318",
  },
  dark: {
    ground: "#16181c",
    ink: "#ececec",
    faint: "#a3a3a3",
    rule: "#3a3d44",
    full: "#c6e2ff",
    plus: "#6cb6ff",
    minus: "#ff9f5a",
    accent: "#6cb6ff",
    mark: "#4a4013",
    wrong: "#ff8a80",
  },
};

/** The colours of a theme; "auto" is the theme that the reader's system prefers. */
export function colours(theme) {
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const name = dark ? "dark" : "light";
  return { ...THEMES[name], name, heads: HEADS[name] };
}

/** Colour and dash of a head; null for weights without heads (rollout, flow). */
export function headColour(palette, head) {
  if (head === null) return { colour: palette.accent, dash: [] };
  const round = Math.floor(head / palette.heads.length);
  return { colour: palette.heads[head % palette.heads.length], dash: [[], [6, 3], [2, 3]][round % 3] };
}

/** A colour between two others, share 0 … 1. */
export function mix(from, to, share) {
  const [a, b] = [from, to].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const t = Math.min(1, Math.max(0, share));
  return (
    "#" +
    a
      .map((v, i) =>
        Math.round(v + (b[i] - v) * t)
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")
  );
}

/** Black or white, the one that can be read on this colour. */
export function inkOn(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111111" : "#ffffff";
}
