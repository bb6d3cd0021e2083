/* Comfort: keys, a list that stays new, copying.  Every page works without it. */
"use strict";
(() => {
const $ = (s, at = document) => at.querySelector(s);
const $$ = (s, at = document) => [...at.querySelectorAll(s)];
const make = (name, props = {}, ...kids) => {
	const el = Object.assign(document.createElement(name), props);
	el.append(...kids);
	return el;
};
const shown = (el) => el && el.getClientRects().length > 0;

/* ---- times that stay true ---------------------------------------------------- */
let ahead = 0;	/* how far the server's clock is ahead of ours, ms */
const clock = (text) => { ahead = (Date.parse(text) || Date.now()) - Date.now(); };
const ago = (ms) => {
	const s = Math.trunc(Math.abs(ms) / 1000);
	const size = s < 60 ? s + " s" : s < 3600 ? Math.trunc(s / 60) + " min" :
	    s < 172800 ? Math.trunc(s / 3600) + " h" : Math.trunc(s / 86400) + " d";
	return s >= 5184000 ? null : ms >= 0 ? size + " ago" : "in " + size;
};
const tick = () => {
	if (document.hidden)
		return;
	for (const el of $$("time[data-ago]")) {
		const text = ago(Date.now() + ahead - Date.parse(el.dateTime));
		if (text && el.textContent !== text)
			el.textContent = text;
	}
};

/* ---- rows ---------------------------------------------------------------------- */
const rows = () => $$(".list tbody tr").filter((tr) => $(".main a", tr) && shown(tr));
const row = () => document.activeElement?.closest(".list tbody tr");
const move = (by) => {
	const all = rows(), at = all.indexOf(row());
	const to = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
	if (to) {
		$(".main a", to).focus({ preventScroll: true });
		to.scrollIntoView({ block: "nearest" });
	}
};
const boxes = (at = document) => $$("tbody .pick input[type=checkbox]", at);
let all = null, last = null;
const picked = () => {
	const some = boxes(), n = some.filter((b) => b.checked).length;
	if (all) {
		all.checked = n > 0 && n === some.length;
		all.indeterminate = n > 0 && n < some.length;
	}
	for (const el of $$("[data-picked]"))
		el.textContent = n + " selected";
	state();
};
const pick = () => {
	const box = row() && $(".pick input", row());
	if (box)
		box.click();
};
const retry = () => {
	const el = $("[data-key=r]");
	if (!el)
		return;
	if (el.closest(".picked") && !boxes().some((b) => b.checked))
		pick();
	if (!el.closest(".picked") || boxes().some((b) => b.checked))
		el.click();
};

/* ---- the first page of a list, fetched again --------------------------------------- */
const EVERY = 5000;
const list = $("table[data-live]");
let tag = null, wait = EVERY, stopped = false, button = null;
const held = () => stopped || boxes(list).some((b) => b.checked) ||
    (!getSelection().isCollapsed && list.contains(getSelection().anchorNode));
function state() {
	if (!button)
		return;
	const on = !held();
	button.className = "quiet small live" + (on ? "" : " paused");
	button.textContent = on ? "live" : stopped ? "paused" : "paused while selected";
	button.title = stopped ? "Go on" : "Hold the list still";
}
const swap = (page) => {
	const links = (at) => $$("table[data-live] .main a", at), name = (a) => a?.getAttribute("href");
	const was = new Set(links().map(name)), at = row() && name($(".main a", row()));
	for (const a of links(page))
		if (was.size > 0 && !was.has(name(a)))
			a.closest("tr").classList.add("fresh");
	$("tbody", list).replaceWith(document.adoptNode($("table[data-live] tbody", page)));
	if (at)
		links().find((a) => name(a) === at)?.focus({ preventScroll: true });
	for (const s of [".tabs", ".nav", ".pager", ".page-head .sub"]) {
		const old = $(s), now = $(s, page);
		if (old && now && !old.contains(document.activeElement))
			old.replaceChildren(...now.childNodes);
	}
	clock(page.body.dataset.now);
	picked();
	tick();
};
const look = async () => {
	try {
		if (document.hidden || held())
			return;
		const head = { Accept: "text/html", "X-Live": "1" };
		if (tag)
			head["If-None-Match"] = tag;
		const answer = await fetch(location.href, { headers: head, cache: "no-store", redirect: "manual" });
		wait = EVERY;
		if (answer.status === 304)
			return;
		if (answer.status !== 200) {
			stopped = true;
			return;
		}
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		if (held())
			return;
		tag = answer.headers.get("ETag");
		if (!$("table[data-live]", page))
			stopped = true;
		else if (!$(".empty") !== !$(".empty", page))
			location.reload();
		else
			swap(page);
	} catch {
		wait = Math.min(wait * 2, 60000);
	} finally {
		state();
		setTimeout(look, wait);
	}
};

/* ---- help ---------------------------------------------------------------------------- */
const HELP = [["j  k", "next row, the one before"], ["Enter", "open"], ["x", "select"], ["r", "retry what is selected, or this event"],
	["n  p", "older, newer page"], ["/", "search"], ["u", "up to the list"], ["g e", "events"], ["g q", "quarantine"],
	["g d", "dashboard"], ["g t", "types"], ["g u", "users"], ["g l", "ledger"], ["?", "this help"]];
let dialog = null;
const help = () => {
	if (!dialog) {
		const dl = make("dl");
		for (const [keys, what] of HELP) {
			const dt = make("dt");
			keys.split(/ +/).forEach((k, i) => dt.append(...(i ? [" "] : []), make("kbd", { textContent: k })));
			dl.append(dt, make("dd", { textContent: what }));
		}
		const form = make("form", { method: "dialog" }, make("button", { textContent: "Close" }));
		dialog = make("dialog", {}, make("h2", { id: "keys", textContent: "Keys" }), dl, form);
		dialog.setAttribute("aria-labelledby", "keys");
		document.body.append(dialog);
	}
	dialog.showModal();
};

/* ---- keys ------------------------------------------------------------------------------ */
const search = () => { const el = $(".search input"); el?.focus(); el?.select(); };
const KEYS = { j: () => move(1), k: () => move(-1), x: pick, r: retry, "/": search, "?": help,
	u: () => $("[rel=up]")?.click() };
const GO = { e: "events", q: "quarantine", d: "dashboard", t: "samples", s: "samples", a: "audit-log", p: "people", u: "users", l: "ledger" };
let going = 0;
const menus = (but) => $$(".menu[open]").forEach((m) => { if (!m.contains(but)) m.open = false; });
addEventListener("keydown", (e) => {
	if (e.key === "Escape") {
		const menu = $(".menu[open]");
		if (menu) {
			menu.open = false;
			$("summary", menu).focus();
		} else if (e.target.matches?.(".search input") && !e.target.value)
			e.target.blur();
		return;
	}
	if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || dialog?.open ||
	    e.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]"))
		return;
	const went = Date.now() - going < 1500;
	going = 0;
	if (went && GO[e.key])
		$(`[data-nav="${GO[e.key]}"]`)?.click();
	else if (e.key === "g")
		going = Date.now();
	else if (Object.hasOwn(KEYS, e.key))
		KEYS[e.key]();
	else {
		const el = /^[a-z]$/.test(e.key) ? $(`[data-key="${e.key}"]`) : null;
		if (!shown(el))
			return;
		el.click();
	}
	e.preventDefault();
});
addEventListener("click", (e) => {
	menus(e.target);
	if (e.shiftKey && last && e.target.matches("tbody .pick input")) {
		const some = boxes(), [a, b] = [some.indexOf(last), some.indexOf(e.target)].sort((x, y) => x - y);
		if (a >= 0)
			some.slice(a, b + 1).forEach((box) => { box.checked = e.target.checked; });
		picked();
	}
	if (e.target.matches("tbody .pick input"))
		last = e.target;
});
addEventListener("focusin", (e) => menus(e.target));
addEventListener("change", (e) => {
	if (e.target === all)
		boxes().forEach((b) => { b.checked = all.checked; });
	if (e.target.closest(".pick"))
		picked();
});

/* ---- forms ------------------------------------------------------------------------------- */
addEventListener("formdata", (e) => {
	if (e.target.method !== "get")
		return;
	const given = [...e.formData].filter(([, value]) => value !== "");
	for (const name of new Set(e.formData.keys()))
		e.formData.delete(name);
	given.forEach(([name, value]) => e.formData.append(name, value));
});
/* Pressed twice is meant once. */
addEventListener("submit", (e) => {
	if (e.target.method !== "post" || e.defaultPrevented)
		return;
	if (e.target.dataset.sent)
		e.preventDefault();
	e.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => $$("form[data-sent]").forEach((f) => delete f.dataset.sent));

/* ---- what a page gets when it comes --------------------------------------------------------- */
const copy = async (pre, el) => {
	try {
		await navigator.clipboard.writeText(pre.textContent);
	} catch {
		getSelection().selectAllChildren(pre);
		document.execCommand("copy");
	}
	el.textContent = "Copied";
	setTimeout(() => { el.textContent = "Copy"; }, 1500);
};
for (const pre of $$("pre[data-copy]")) {
	const el = make("button", { type: "button", className: "small", textContent: "Copy" });
	const box = make("div", { className: "copy" });
	el.addEventListener("click", () => copy(pre, el));
	pre.replaceWith(box);
	box.append(pre, el);
}
for (const tree of $$("[data-tree]"))
	if ($("details", tree)) {
		const set = (open) => $$("details", tree).forEach((d) => { d.open = open; });
		const key = (text, open) => {
			const el = make("button", { type: "button", className: "quiet small", textContent: text });
			el.addEventListener("click", () => set(open));
			return el;
		};
		tree.before(make("p", { className: "tree-tools" }, key("Expand all", true), key("Collapse all", false)));
	}
const th = $("th.pick");
if (th && boxes().length > 0) {
	all = make("input", { type: "checkbox", ariaLabel: "Select all of this page" });
	th.replaceChildren(all);
}
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, zones = $("#zone");
if (zone && zones && ![...zones.options].some((o) => o.value === zone))
	zones.append(make("option", { textContent: zone }));
const nav = $(".nav"), here = $(".nav [aria-current]");
if (here && nav.scrollWidth > nav.clientWidth)
	nav.scrollLeft = here.offsetLeft - nav.clientWidth / 2;
const foot = $(".foot");
if (foot && nav) {
	const el = make("button", { type: "button", className: "quiet small wide-only", textContent: "Keys ?" });
	el.addEventListener("click", help);
	foot.append(el);
}
const said = new URL(location.href);
if (said.searchParams.has("said")) {
	said.searchParams.delete("said");
	said.searchParams.delete("n");
	history.replaceState(null, "", said);
}
clock(document.body.dataset.now);
tick();
setInterval(tick, EVERY);
if (list) {
	button = make("button", { type: "button" });
	button.addEventListener("click", () => { stopped = !stopped; state(); });
	$(".page-head h1")?.after(button);
	addEventListener("selectionchange", state);
	setTimeout(look, EVERY);
}
picked();
})();
