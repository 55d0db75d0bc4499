// Keeps the page true while it is open: relative times are counted on, and when the server says that
// something changed, the page's <main> is fetched again and put in place, with focus, open folds,
// half-filled forms and scroll kept. Without this script every page works; it is then as old as its
// footer says.
"use strict";

const REFRESH_MS_MIN = 1000;
const WORDS_MS = 15000;

const live = document.getElementById("live");
let source = null;
let timer = 0;
let last = 0;
let fetching = false;
let again = false;

// The same words as the server's `moment` and `model::plan::age`.
function age(seconds) {
  const units = [[120, 1, "second"], [7200, 60, "minute"], [172800, 3600, "hour"],
    [Infinity, 86400, "day"]];
  const [, size, unit] = units.find(([limit]) => seconds < limit);
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function words(at) {
  const since = Math.round((Date.now() + skew - at) / 1000);
  if (Math.abs(since) <= 5) return "just now";
  return since > 0 ? `${age(since)} ago` : `in ${age(-since)}`;
}

// The server's clock decides; this machine's may be wrong.
const made = document.querySelector(".made time");
let skew = made ? Date.parse(made.dateTime) - Date.now() : 0;

function countTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    if (time.classList.contains("exact")) time.title = words(at);
    else time.textContent = words(at);
  }
}

function fields(root) {
  return [...root.querySelectorAll("input:not([type=hidden]), select, textarea")];
}

// Two elements are the same when this says the same of both.
function name(element) {
  if (element.id) return `#${element.id}`;
  const form = element.closest("form");
  const place = form ? form.getAttribute("action") : "";
  if (element.name) {
    const value = /checkbox|radio/.test(element.type) ? element.value : "";
    return `field ${place} ${element.name} ${value}`;
  }
  if (element.href) return `link ${element.getAttribute("href")} ${element.textContent}`;
  return `${element.tagName} ${place} ${element.textContent.slice(0, 80)}`;
}

function isEdited(field) {
  if (/checkbox|radio/.test(field.type)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") {
    return [...field.options].some((option) => option.selected !== option.defaultSelected) &&
      field.selectedIndex > 0;
  }
  return field.value !== field.defaultValue;
}

function put(main, fresh) {
  const edited = fields(main).filter(isEdited).map((f) => [name(f), f.value, f.checked]);
  const folds = new Map([...main.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
  const scrolled = new Map([...main.querySelectorAll("pre")].map((p, i) => [i, p.scrollTop]));
  const focus = main.contains(document.activeElement) ? document.activeElement : null;
  const focused = focus && focus !== main ? name(focus) : null;
  const caret = focus && /text|search/.test(focus.type || "") ? focus.selectionStart : null;
  const x = scrollX, y = scrollY;

  main.replaceChildren(...fresh.childNodes);

  for (const fold of main.querySelectorAll("details[id]")) {
    if (folds.has(fold.id)) fold.open = folds.get(fold.id);
  }
  const now = new Map(fields(main).map((field) => [name(field), field]));
  for (const [key, value, checked] of edited) {
    const field = now.get(key);
    if (!field) continue;
    if (/checkbox|radio/.test(field.type)) field.checked = checked;
    else field.value = value;
  }
  main.querySelectorAll("pre").forEach((p, i) => { p.scrollTop = scrolled.get(i) || 0; });
  if (focused) {
    const match = [...main.querySelectorAll("a, button, input, select, summary, pre")]
      .find((element) => name(element) === focused);
    if (match) {
      match.focus({ preventScroll: true });
      if (caret !== null) match.setSelectionRange(caret, caret);
    } else {
      main.focus({ preventScroll: true });
    }
  }
  scrollTo(x, y);
}

async function refresh() {
  if (fetching) { again = true; return; }
  // Someone is copying text: replacing it would take the selection away.
  if (!getSelection().isCollapsed) { wake(); return; }
  fetching = true;
  last = Date.now();
  try {
    // The header tells the server that nobody asked: the session's idle time goes on.
    const answer = await fetch(location.href, { headers: { "x-live": "1" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (fresh) put(document.getElementById("main"), fresh);
    const stamp = page.querySelector(".made time");
    if (stamp && made) {
      made.dateTime = stamp.dateTime;
      made.title = stamp.title;
      skew = Date.parse(stamp.dateTime) - Date.now();
    }
    countTimes();
    say("live", false);
  } catch {
    say("not live", true);
  } finally {
    fetching = false;
    if (again) { again = false; wake(); }
  }
}

function wake() {
  clearTimeout(timer);
  timer = setTimeout(refresh, Math.max(0, last + REFRESH_MS_MIN - Date.now()));
}

function say(text, lost) {
  live.hidden = false;
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle("lost", lost);
}

function open() {
  if (source || !live) return;
  source = new EventSource("/live");
  source.addEventListener("changed", wake);
  source.onopen = () => say("live", false);
  source.onerror = () => say("not live", true);
}

// A hidden page holds no connection: browsers allow six to one server.
function close() {
  if (source) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else { open(); wake(); }
});
addEventListener("pagehide", close);
setInterval(countTimes, WORDS_MS);
if (!document.hidden) open();
