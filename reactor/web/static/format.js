// Numbers and moments for people. What is unknown is said to be unknown; it is never shown as zero.

export const UNKNOWN = "–";
const known = (value) => typeof value === "number" && Number.isFinite(value);

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value) {
  if (!known(value)) return UNKNOWN;
  let step = 0;
  while (Math.abs(value) >= 1024 && step < SIZES.length - 1) { value /= 1024; step += 1; }
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${SIZES[step]}`;
}

export function count(value) {
  return known(value) ? Math.round(value).toLocaleString("en-GB") : UNKNOWN;
}

export function cores(value) {
  if (!known(value)) return UNKNOWN;
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}

export function percent(share) {
  if (!known(share)) return UNKNOWN;
  if (share > 9.99) return ">999 %";
  // 99.6 % is not there yet.
  const whole = share < 1 ? Math.min(99, Math.round(share * 100)) : Math.floor(share * 100 + 1e-9);
  return `${whole} %`;
}

// Two units at most: 3 d 4 h, 11 h 43 m, 12 s, 140 ms.
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [d, hours, m] = [Math.floor(whole / 86400), Math.floor((whole % 86400) / 3600), Math.floor((whole % 3600) / 60)];
  if (d) return hours ? `${d} d ${hours} h` : `${d} d`;
  if (hours) return m ? `${hours} h ${m} m` : `${hours} h`;
  return whole % 60 && whole < 600 ? `${m} m ${whole % 60} s` : `${m} m`;
}

export function milliseconds(seconds) {
  if (!known(seconds)) return "";
  const sign = seconds < 0 ? "−" : "+";
  const size = Math.abs(seconds);
  return size < 10 ? `${sign}${Math.round(size * 1000)} ms` : `${sign}${duration(size)}`;
}

// A value in the unit of a rule's field.
export function amount(unit, value) {
  if (unit === "bytes") return bytes(value);
  if (unit === "seconds") return duration(value);
  if (!known(value)) return UNKNOWN;
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(4)));
}

// "397 of 410 MiB": a unit that both have is said once.
export function amountOf({ unit, value, bound }) {
  const [one, other] = [amount(unit, value), amount(unit, bound)];
  const [number, size] = one.split(" ");
  return unit === "bytes" && other.endsWith(` ${size}`) ? `${number} of ${other}` : `${one} of ${other}`;
}

// The monitor's clock counts here, not the viewer's.
let ahead = 0;
export const setClock = (now) => { ahead = now - Date.now() / 1000; };
export const now = () => Date.now() / 1000 + ahead;

export function ago(at) {
  if (!known(at)) return UNKNOWN;
  const past = now() - at;
  return past < 1.5 ? "just now" : `${duration(Math.max(0, Math.round(past)))} ago`;
}

const two = (number) => String(number).padStart(2, "0");
export function clock(at) {
  const date = new Date(at * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
export function moment(at) {
  if (!known(at)) return UNKNOWN;
  const date = new Date(at * 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(at)}`;
}
export const iso = (at) => (known(at) ? new Date(at * 1000).toISOString() : "");

// Text that a stranger's program wrote, for a block of lines: what would steer a terminal or turn the writing around
// is shown as what it is.
export function tame(written) {
  return written.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
