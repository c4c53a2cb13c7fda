// Elements out of what is in them. Words come in Chinese and, smaller, in English.

export const byId = (id) => document.getElementById(id);

// `attributes` as the page would write them; those that are undefined or false are left out.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export function words(chinese, english) {
  const parts = [];
  if (chinese) parts.push(chinese);
  if (chinese && english) parts.push(" ");
  if (english) parts.push(chinese ? make("small", { lang: "en" }, english) : make("span", { lang: "en" }, english));
  return parts;
}

export function button(chinese, english, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, ...words(chinese, english));
  made.addEventListener("click", act);
  return made;
}

export const isPressed = (element) => element.getAttribute("aria-pressed") === "true";
export const setPressed = (element, pressed) => element.setAttribute("aria-pressed", pressed);
export const isChecked = (element) => element.getAttribute("aria-checked") === "true";
export const setChecked = (element, checked) => element.setAttribute("aria-checked", checked);

// Hands a file to whoever is in front of the page.
export function save(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
