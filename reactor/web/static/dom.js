// Making elements. Text only ever goes in as text: no string that somebody else wrote is read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, given, children) {
  for (const [key, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [kind, act] of Object.entries(value)) element.addEventListener(kind, act);
    else if (key === "data") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

// An element: h("td", {class: "number"}, "12").
export const h = (name, given, ...children) => fill(document.createElement(name), given, children);
// The same for drawings.
export const s = (name, given, ...children) => fill(document.createElementNS(SVG, name), given, children);

// What a stranger called something: kept apart from the words around it, whatever direction it is written in.
export const said = (text, given) => h("bdi", { ...given, title: text }, text);

// Put other children in, and leave the document alone where they are the same.
export function put(element, ...children) {
  const wanted = children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...wanted);
}

export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

// Bring the children of an element into the order of `wanted`, moving as few as possible: what has the focus keeps it.
export function arrange(parent, wanted) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  let place = parent.firstElementChild;
  for (const child of wanted) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  if (focused && focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}
