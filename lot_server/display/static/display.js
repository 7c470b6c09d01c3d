"use strict";

// Without a sign of life for so long, what is shown may be old: a fee or a green light must not stay up.
const LOST_AFTER_MS = 7000;

const body = document.body;
const lost = { tone: "stop", words: JSON.parse(body.dataset.lost), plate: null, due: null, why: [], notices: [], qr: null };
let heardAt = Date.now();
let current = null;

function put(id, text) {
  const element = document.getElementById(id);
  element.hidden = text === null;
  element.textContent = text ?? "";
}

function say(id, texts) {
  const element = document.getElementById(id);
  element.hidden = texts.length === 0;
  element.replaceChildren(
    ...texts.map(({ lang, text }) => {
      const line = document.createElement("p");
      line.lang = lang;
      line.textContent = text;
      return line;
    }),
  );
}

function show(picture) {
  current = picture;
  body.dataset.tone = picture.tone;
  say("words", picture.words);
  say("notices", picture.notices);
  put("plate", picture.plate);
  put("due", picture.due);
  explain(picture.why);
  const qr = document.getElementById("qr");
  qr.hidden = picture.qr === null;
  // The code is drawn by the lot server itself, from numbers.
  qr.innerHTML = picture.qr ?? "";
}

function line(tag, text, lang) {
  const element = document.createElement(tag);
  if (lang) element.lang = lang;
  element.textContent = text;
  return element;
}

// Why the amount is what it is: one line for each step, in each language.
function explain(steps) {
  const list = document.getElementById("why");
  list.hidden = steps.length === 0;
  list.replaceChildren(
    ...steps.map(({ words, amount }) => {
      const item = document.createElement("li");
      const said = document.createElement("span");
      said.append(...words.map(({ lang, text }) => line("span", text, lang)));
      item.append(said, line("b", amount));
      return item;
    }),
  );
}

let stream = null;

function follow() {
  stream?.close();
  stream = new EventSource(`/lanes/${encodeURIComponent(body.dataset.lane)}/live`);
  stream.addEventListener("message", (event) => {
    heardAt = Date.now();
    show(JSON.parse(event.data));
  });
  stream.addEventListener("beat", () => {
    heardAt = Date.now();
  });
}

setInterval(() => {
  if (Date.now() - heardAt < LOST_AFTER_MS) return;
  if (current !== lost) show(lost);
  // A stream that hangs without an error is never opened again by the browser itself.
  heardAt = Date.now();
  follow();
}, 1000);

follow();
