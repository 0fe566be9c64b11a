// How numbers are written. The pictures of Python write them alike: autograd/drawing/labels.py.

// About four digits, with a minus sign as wide as a plus.
export function short(x) {
  return plain(x).replace(/-/g, "−");
}

// A number where there is one, a dash where nothing has been computed yet: 0 would be a lie.
export function shown(x) {
  return x === null ? "–" : short(x);
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
  const size = Math.abs(x);
  if (size >= 9999.5 && size < 1e6) return x.toFixed(0);
  const [mantissa, exponent] = fourDigits(x);
  return exponent < -4 || exponent >= 4 ? `${Number(mantissa)}e${exponent}` : String(Number(`${mantissa}e${exponent}`));
}

function fourDigits(x) {
  const [exact, exponent] = x.toExponential(20).split("e");
  // Halfway between two numbers of four digits Python takes the even one, JavaScript the larger one.
  const halfway = /^-?\d\.\d\d[02468]50*$/.test(exact);
  if (halfway) return [exact.slice(0, exact.indexOf(".") + 4), Number(exponent)];
  const [mantissa, power] = x.toExponential(3).split("e");
  return [mantissa, Number(power)];
}
