// How numbers are written: as in the pictures of Python, which sends its format along, see autograd/drawing/labels.py.

let format = null; // {digits, plain_below, least_exponent}

export function useNumberFormat(sent) {
  format = sent;
}

// About `digits` digits, with a minus sign as wide as a plus.
export function short(x) {
  return plain(x).replace(/-/g, "−");
}

// A number where there is one, a dash where nothing has been computed yet: 0 would be a lie.
export function shown(x) {
  return x === null ? "–" : short(x);
}

// The sign of an operation as one writes it.
export function typeset(symbol) {
  return { "*": "×", "-": "−", "/": "÷" }[symbol] || symbol;
}

// A number behind an operator: 2 × (−3).
export function inBrackets(x) {
  const text = short(x);
  return text.startsWith("−") ? `(${text})` : text;
}

export function count(n, word) {
  return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
}

// "−0.5 … 2" for many numbers, the number itself when they are all the same, a dash for none.
export function range(numbers) {
  let least = Infinity,
    most = -Infinity,
    any = false;
  for (const x of numbers) {
    if (Number.isNaN(x)) return "nan";
    any = true;
    if (x < least) least = x;
    if (x > most) most = x;
  }
  if (!any) return "–";
  const [from, to] = [short(least), short(most)];
  return from === to ? from : `${from} … ${to}`;
}

function plain(x) {
  if (x === 0) return "0";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const { digits, plain_below, least_exponent } = format;
  const size = Math.abs(x);
  if (size >= 10 ** digits - 0.5 && size < plain_below) return x.toFixed(0);
  const [mantissa, exponent] = rounded(x, digits);
  return exponent < least_exponent || exponent >= digits
    ? `${Number(mantissa)}e${exponent}`
    : String(Number(`${mantissa}e${exponent}`));
}

// Mantissa and exponent of the number rounded to so many digits.
function rounded(x, digits) {
  const [exact, exponent] = x.toExponential(20).split("e");
  // Halfway between two such numbers Python takes the even one, JavaScript the larger one.
  const point = exact.indexOf("."),
    kept = exact.slice(0, point + digits),
    rest = exact.slice(point + digits);
  if (/^50*$/.test(rest) && Number(kept.at(-1)) % 2 === 0) return [kept, Number(exponent)];
  const [mantissa, power] = x.toExponential(digits - 1).split("e");
  return [mantissa, Number(power)];
}
