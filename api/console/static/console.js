/* What pages do beyond plain forms and links. Everything works without it. */
"use strict";

// One open action at a time, and Escape closes what is open.
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!(opened instanceof HTMLDetailsElement) || !opened.open) return;
  if (!opened.matches(".act, .who")) return;
  for (const other of document.querySelectorAll("details.act[open], details.who[open]")) {
    if (other !== opened && !other.contains(opened)) other.open = false;
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const one of document.querySelectorAll("details.act[open], details.who[open]")) {
      one.open = false;
      one.querySelector("summary").focus();
    }
  }
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});

document.addEventListener("click", (event) => {
  for (const one of document.querySelectorAll("details.who[open]")) {
    if (!one.contains(event.target)) one.open = false;
  }
});

// On a narrow screen the rooms scroll to the one that is open.
for (const rooms of document.querySelectorAll(".rooms")) {
  const here = rooms.querySelector("[aria-current]");
  if (here) rooms.scrollLeft += here.getBoundingClientRect().left - rooms.getBoundingClientRect().left - (rooms.clientWidth - here.offsetWidth) / 2;
}

// A filter that changes sends its form; without script its button does.
document.addEventListener("change", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-auto]");
  if (form && !event.target.matches("[type=search], [type=text]")) form.requestSubmit();
});

// One box ticks all.
document.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLInputElement) || !event.target.matches("[data-all]")) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${event.target.dataset.all}"]`)) {
    box.checked = event.target.checked;
  }
});

// A second click on a button that is under way does nothing.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  if (event.target.method === "post") event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What is morphed keeps what somebody ticked, and what they opened.
if (window.Idiomorph) {
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "checked" || (name === "open" && node instanceof HTMLDetailsElement));
}

// Whether what one sees is kept up to date is said beside it, and said anew only when it has become otherwise.
function steady(state) {
  for (const one of document.querySelectorAll(".steady")) {
    if (one.dataset.state === state) continue;
    one.dataset.state = state;
    one.textContent = one.dataset[state];
  }
}

// A stream rests while nobody sees the page: a browser has few connections to one house.
class Resting extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.names = new Set();
    this.look = () => (document.hidden ? this.rest() : this.wake());
    document.addEventListener("visibilitychange", this.look);
    if (!document.hidden) this.wake();
  }
  addEventListener(name, ...rest) {
    super.addEventListener(name, ...rest);
    if (!this.names.has(name)) { this.names.add(name); this.pass(name); }
  }
  pass(name) {
    this.source?.addEventListener(name, (event) => this.dispatchEvent(new MessageEvent(name, { data: event.data })));
  }
  wake() {
    if (this.source || this.over) return;
    const source = this.source = new EventSource(this.url);
    source.onopen = (event) => this.onopen?.(event);
    source.onerror = (event) => {
      this.onerror?.(event);
      if (source.readyState === EventSource.CLOSED) this.close();  // whoever listens makes another one
    };
    source.addEventListener("stale", () => steady("away"));
    source.addEventListener("board", () => steady("here"));
    for (const name of this.names) this.pass(name);
  }
  rest() { this.source?.close(); this.source = null; }
  close() { this.over = true; this.rest(); document.removeEventListener("visibilitychange", this.look); }
  get readyState() { return this.over ? EventSource.CLOSED : this.source ? this.source.readyState : EventSource.CONNECTING; }
}
if (window.htmx) window.htmx.createEventSource = (url) => new Resting(url);

for (const [name, state] of [["htmx:sseOpen", "here"], ["htmx:sseError", "away"], ["htmx:sseClose", "over"]]) {
  document.addEventListener(name, () => steady(state));
}

// A page that looks again by itself says since when it cannot: what it shows is of then.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    for (const one of document.querySelectorAll("[data-blind][hidden]")) {
      one.textContent = one.dataset.blind.replace("{}", new Date().toLocaleTimeString());
      one.hidden = false;
    }
  });
}
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (!event.detail.successful) return;
  for (const one of document.querySelectorAll("[data-blind]")) one.hidden = true;
});
