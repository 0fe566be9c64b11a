// A number as one writes it down: 0.25, 3/4, −2 × 3, 1 − 0.76². Operators, brackets and powers; nothing is run as code.
//
// Entry point: `numberOf`, null for what is no number.

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|(\*\*|[-+*/^()]))/iy;
const PRECEDENCE = { "+": 1, "-": 1, "*": 2, "/": 2 };

export function numberOf(text) {
  const plainText = text
    .replace(/[−–]/g, "-")
    .replace(/[×·]/g, "*")
    .replace(/[÷:]/g, "/")
    .replace(/²/g, "^2")
    .replace(/(\d),(\d)/g, "$1.$2") // as many write a decimal point
    .trim();
  const tokens = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < plainText.length; ) {
    const found = TOKEN.exec(plainText);
    if (!found) return null;
    tokens.push(found[1] === undefined ? (found[2] === "**" ? "^" : found[2]) : Number(found[1]));
  }
  const reader = { tokens, at: 0 };
  const number = readSum(reader, 0);
  return number !== null && reader.at === tokens.length && Number.isFinite(number) ? number : null;
}

function readSum(reader, least) {
  let number = readSigned(reader);
  for (;;) {
    const sign = reader.tokens[reader.at];
    if (number === null || !(PRECEDENCE[sign] > least)) return number;
    reader.at++;
    const right = readSum(reader, PRECEDENCE[sign]);
    if (right === null) return null;
    number = { "+": number + right, "-": number - right, "*": number * right, "/": number / right }[sign];
  }
}

function readSigned(reader) {
  const sign = reader.tokens[reader.at];
  if (sign !== "-" && sign !== "+") return readPower(reader);
  reader.at++;
  const number = readSigned(reader);
  return number === null || sign === "+" ? number : -number;
}

function readPower(reader) {
  const token = reader.tokens[reader.at++];
  let base = token;
  if (token === "(") {
    base = readSum(reader, 0);
    if (reader.tokens[reader.at++] !== ")") return null;
  }
  if (typeof base !== "number") return null;
  if (reader.tokens[reader.at] !== "^") return base;
  reader.at++;
  const exponent = readSigned(reader);
  return exponent === null ? null : base ** exponent;
}
