// Improves pages that already work without it. One module, no dependency.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* not kept, still applied */ } },
};

// Says something to a screen reader without moving the focus.
function say(text) {
  const live = $("#live");
  if (live) { live.textContent = ""; requestAnimationFrame(() => { live.textContent = text; }); }
}

// Controls that only make sense with script arrive hidden.
for (const el of $$("[data-script]")) el.hidden = false;

// --- copy ------------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.done = "";
    say("Copied");
    setTimeout(() => delete button.dataset.done, 1500);
  } catch {
    say("Could not copy");
  }
});

// --- theme: as the system, light, dark ---------------------------------------
const themes = ["auto", "light", "dark"];
function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of $$("[data-theme-toggle]")) {
    const label = `Theme: ${theme === "auto" ? "as the system" : theme}`;
    button.setAttribute("aria-label", label);
    button.title = label;
  }
}
const keptTheme = store.get("theme");
let theme = themes.includes(keptTheme) ? keptTheme : "auto";
showTheme(theme);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  store.set("theme", theme === "auto" ? null : theme);
  showTheme(theme);
  say($("[data-theme-toggle]").title);
});

// --- local time on hover -----------------------------------------------------
const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
function tellLocalTime(event) {
  const el = event.target.closest?.("time[datetime]");
  if (!el || el.dataset.told !== undefined) return;
  const at = new Date(el.dateTime);
  if (Number.isNaN(at.getTime())) return;
  el.dataset.told = "";
  el.title = `${el.title ? `${el.title}\n` : ""}${localTime.format(at)} (your time)`;
}
document.addEventListener("pointerover", tellLocalTime);
document.addEventListener("focusin", tellLocalTime);

// --- filters apply as they are chosen ------------------------------------------
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// --- the diff while writing ----------------------------------------------------
const PREVIEW_DELAY_MS = 350; // long enough to finish a word, short enough to feel live
for (const area of $$("textarea[data-preview-url]")) {
  const target = document.getElementById(area.dataset.previewTarget ?? "");
  if (!target || !area.form) continue;
  let timer, running;
  const refresh = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    target.setAttribute("aria-busy", "true");
    try {
      const data = new FormData(area.form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      const answer = await fetch(area.dataset.previewUrl, {
        method: "POST", body: new URLSearchParams(data), signal, credentials: "same-origin",
        headers: { accept: "text/html", "x-preview": "1" },
      });
      if (!answer.ok || answer.redirected) throw new Error(`preview answered ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (signal.aborted) return;
      target.replaceChildren(...page.body.childNodes);
      for (const el of $$("[data-script]", target)) el.hidden = false;
      say("Preview updated");
    } catch (error) {
      if (error.name === "AbortError") return;
      say("Preview is not available; use the Preview button");
    }
    target.removeAttribute("aria-busy");
  };
  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, PREVIEW_DELAY_MS); });
}

// --- keyboard --------------------------------------------------------------------
// j/k next and previous finding, n/p next and previous rule, x mark seen, a answer,
// / search, ? help. Single keys can be switched off in the help dialog.
const help = $("dialog#keys");
const keysOn = () => store.get("keys") !== "off";
const visible = (el) => el.offsetParent !== null || el.getClientRects().length > 0;
let at = null; // the element that j, k, n or p went to last

function go(selector, step) {
  const list = $$(selector).filter(visible);
  if (list.length === 0) return say("Nothing to go to on this page");
  // From where the last key led, or else from what is at the top of the window.
  let next;
  if (at && document.contains(at)) {
    const side = step > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
    const beyond = list.filter((el) => el !== at && at.compareDocumentPosition(el) & side
      && !(el.contains(at) && step < 0 && selector.includes("finding")));
    next = step > 0 ? beyond[0] : beyond.at(-1);
    if (!next) return say(step > 0 ? "This is the last one" : "This is the first one");
  } else {
    next = step > 0 ? list.find((el) => el.getBoundingClientRect().top > 60) ?? list[0] : list.at(-1);
  }
  at?.classList.remove("at");
  at = next;
  at.classList.add("at");
  if (at.matches("details:not([open])")) at.open = true;
  if (!at.hasAttribute("tabindex")) at.tabIndex = -1;
  at.focus({ preventScroll: true });
  at.scrollIntoView({ block: at.offsetHeight > innerHeight / 2 ? "start" : "center" });
}

// Where rules are opened one by one, the next one is a link.
function step(way) {
  const link = $(`a[data-step="${way}"]`);
  link?.click();
  return link !== null;
}

// An address that names a rule starts the keys there.
if (location.hash.length > 1) {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches("[data-rule]")) at = named;
}

const currentRule = () => at?.closest("[data-rule]") ?? document.activeElement?.closest("[data-rule]") ?? $("[data-rule]");
const acts = {
  j: () => go("[data-finding]", 1),
  k: () => go("[data-finding]", -1),
  n: () => step("next") || go("[data-rule]", 1),
  p: () => step("previous") || go("[data-rule]", -1),
  x: () => {
    // Marks only: a key held too long must not take back on the next page what it marked on this one.
    const button = $("[data-seen]", currentRule() ?? document);
    if (!button) return say("Nothing to mark as seen here");
    if (button.value !== "true") return say("Marked as seen already");
    button.click();
  },
  a: () => {
    const field = $("[data-answer] :is(input, select, textarea):not([type=hidden])", currentRule() ?? document) ?? $("[data-answer] :is(input, select, textarea):not([type=hidden])");
    if (!field) return say("Nothing to answer on this page");
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  },
  "/": () => $("[data-search]")?.focus(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat && !"jknp".includes(event.key)) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable], dialog")) return;
  if (!Object.hasOwn(acts, event.key) || (event.key !== "?" && !keysOn())) return;
  event.preventDefault();
  acts[event.key]();
});

if (help) {
  const toggle = $("[data-keys-toggle]", help);
  if (toggle) {
    toggle.checked = keysOn();
    toggle.addEventListener("change", () => store.set("keys", toggle.checked ? null : "off"));
  }
  for (const button of $$("[data-help]")) button.addEventListener("click", () => help.showModal());
}
