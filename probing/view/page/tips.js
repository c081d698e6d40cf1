// What a token is: as the vocabulary spells it, and which characters of the text it stands for.

const quoted = (/** @type {string} */ text) => `“\u2068${text}\u2069”`;

/** One subword in words. */
function subwordTip(header, at) {
  const { tokens, vocabulary, surface, special, word, forms } = header;
  const spelled = vocabulary[at] === tokens[at] ? "" : `, in the vocabulary ${vocabulary[at]}`;
  const named = `token ${tokens[at]}${spelled}`;
  if (special[at]) return `${named}: added by the tokenizer, stands for no text`;
  const text = surface?.[at] ? [`for ${quoted(surface[at])}`] : [];
  const whole = word[at] >= 0 && forms[word[at]] !== surface?.[at]?.trim() ? [`in the word ${quoted(forms[word[at]])}`] : [];
  return [named, ...text, ...whole].join(" ");
}

/** A unit (a subword, or a word with its tokens) in words; `unit`: its number in `all`. */
export function unitTip(header, all, unit) {
  const members = all.members[unit];
  if (members.length === 1 && all.labels[unit] === header.tokens[members[0]]) return subwordTip(header, members[0]);
  return `${quoted(all.labels[unit])}: ${members.length === 1 ? "token" : "tokens"} ${members.map((at) => header.tokens[at]).join(" ")}`;
}

/** What is pointed at: one token ("q3", "k3") or a pair of them ("q3,k5"); "" for anything else. */
export function tokensTip(header, all, key) {
  const found = [...key.matchAll(/[qk](\d+)/g)].map(([, at]) => all.of[Number(at)]);
  return found.every((unit) => unit !== undefined) ? found.map((unit) => unitTip(header, all, unit)).join(" → ") : "";
}
