"use strict";

// The pages work without this script; with it the lanes' page follows the lot, and no form is sent twice.

// What was typed or opened in a part stays as long as the same vehicle stands there.
const kept = (part) => ({
  open: [...part.querySelectorAll("details[open]")].map((each) => each.dataset.key),
  fields: [...part.querySelectorAll("input:not([type=hidden]), select")].map((each) => [each.form.action, each.name, each.value]),
  focus: part.contains(document.activeElement) && document.activeElement.form
    ? [document.activeElement.form.action, document.activeElement.name] : null,
});

const field = (part, action, name) =>
  [...part.querySelectorAll("input, select, button")].find((each) => each.form && each.form.action === action && each.name === name);

const restore = (part, before) => {
  for (const each of part.querySelectorAll("details")) each.open = before.open.includes(each.dataset.key);
  for (const [action, name, value] of before.fields) {
    const found = field(part, action, name);
    if (found) found.value = value;
  }
  if (before.focus) field(part, ...before.focus)?.focus();
};

const vehicle = (part) => part.querySelector("input[name=passage_id]")?.value ?? "";

const show = ({ part, html }) => {
  const place = document.getElementById(`part-${part}`);
  if (!place) return;
  const before = kept(place), there = vehicle(place);
  place.innerHTML = html;
  if (vehicle(place) === there) restore(place, before);
  call();
};

// Whoever looks elsewhere or cannot look is told which lanes need somebody.
const title = document.title;
const call = () => {
  const chips = [...document.querySelectorAll(".lane .chip.warn, .lane .chip.bad")];
  const said = chips.map((chip) => `${chip.closest(".lane").querySelector("h2").textContent}: ${chip.textContent}`).join(", ");
  const place = document.getElementById("call");
  if (place.textContent !== said) place.textContent = said;
  document.title = chips.length ? `(${chips.length}) ${title}` : title;
};

const lanes = document.querySelector("[data-events]");
if (lanes) {
  call();
  const lost = document.getElementById("lost");
  const source = new EventSource(lanes.dataset.events);
  source.addEventListener("open", () => { lost.hidden = true; });
  source.addEventListener("error", () => { lost.hidden = false; });
  source.addEventListener("part", (event) => show(JSON.parse(event.data)));
  source.addEventListener("gone", () => { source.close(); location.reload(); });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

document.addEventListener("submit", (event) => {
  // A file comes without another page: the form is there for the next one.
  if (event.target.dataset.download !== undefined) return;
  for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});

// What is to be given back of the cash handed over.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.name !== "tendered") return;
  const change = field.form.querySelector(".change");
  const over = Math.round(parseFloat(field.value.replace(",", ".")) * 100) - Number(field.dataset.due);
  change.hidden = !(over > 0);
  if (over > 0) change.querySelector("strong").textContent = (over / 100).toFixed(2);
});

document.addEventListener("click", (event) => {
  if (event.target.dataset.print !== undefined) print();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A chosen file is shown as text before anything is done with it.
for (const input of document.querySelectorAll("input[data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
}
