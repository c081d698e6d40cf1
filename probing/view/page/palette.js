// Colours. Heads: 16 per theme, chosen so that any two have a CIE76 distance of at least 18 with normal vision and with
// each kind of dichromacy (Machado et al., 2009); with more than 16 heads they repeat, as dashed lines.

const HEADS = {
  light: [
    "#783cd2",
    "#ff1e00",
    "#78003c",
    "#c38778",
    "#5a0078",
    "#0096a5",
    "#b478ff",
    "#0f3cff",
    "#1e4b0f",
    "#1e00a5",
    "#690f5a",
    "#ff2da5",
    "#a5964b",
    "#a54b69",
    "#b42d3c",
    "#964bb4",
  ],
  dark: [
    "#b487ff",
    "#f01e00",
    "#78ffff",
    "#008787",
    "#d2ff00",
    "#ffd278",
    "#b400ff",
    "#96c3ff",
    "#b45a4b",
    "#b4c300",
    "#e10078",
    "#965ab4",
    "#e19687",
    "#b4ffb4",
    "#b4964b",
    "#ff69b4",
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
