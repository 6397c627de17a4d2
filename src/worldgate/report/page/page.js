// SPDX-License-Identifier: Apache-2.0
// Draws the plots, sets up the tables, switches between light and dark. Nothing is fetched from anywhere.
"use strict";

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
const SYMBOLS = { hardware: "square", compartment: "circle", emulated: "diamond", none: "cross" };
const PRINT_PX = 630; // fits the narrower of A4 and Letter
const CONFIG = {
	responsive: true,
	displaylogo: false,
	plotlyServerURL: "",
	modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
};

function colour(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function lineColour(place) {
	return colour(`line-${place % 8}`);
}

// Plotly reads tags and entities in texts.
function plain(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function short(text, most) {
	return plain(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

function base(height) {
	const axis = {
		gridcolor: colour("grid"),
		linecolor: colour("muted"),
		zerolinecolor: colour("grid"),
		automargin: true,
		exponentformat: "power",
	};
	return {
		height,
		margin: { l: 60, r: 20, t: 20, b: 50 },
		paper_bgcolor: "rgba(0,0,0,0)",
		plot_bgcolor: "rgba(0,0,0,0)",
		font: { color: colour("text"), family: "system-ui, sans-serif", size: 13 },
		hoverlabel: { bgcolor: colour("panel"), font: { color: colour("text") }, namelength: -1 },
		modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("muted"), activecolor: colour("text") },
		legend: { orientation: "h", y: -0.22, yanchor: "top", font: { size: 12 } },
		xaxis: { ...axis },
		yaxis: { ...axis },
	};
}

function titled(axis, text) {
	axis.title = { text: plain(text), standoff: 8 };
}

// Of a logarithmic axis only 1, 2 and 5 get a label, where it is long enough to have them.
function scaled(axis, logarithmic, values) {
	axis.type = logarithmic ? "log" : "linear";
	const known = values.filter((value) => value > 0);
	const least = known.reduce((a, b) => Math.min(a, b), Infinity), most = known.reduce((a, b) => Math.max(a, b), 0);
	if (logarithmic && most / least > 10) axis.dtick = most / least > 1e5 ? 1 : "D2";
}

function drawCurves(spec) {
	const groups = [...new Set(spec.curves.map((one) => one.group))];
	const legendRows = Math.ceil(groups.length / 2);
	const layout = base(380 + 19 * Math.min(legendRows, 12));
	layout.showlegend = true;
	titled(layout.xaxis, spec.x);
	titled(layout.yaxis, spec.y);
	scaled(layout.xaxis, spec.logX, spec.curves.flatMap((one) => one.x));
	scaled(layout.yaxis, spec.logY, spec.curves.flatMap((one) => one.y));
	const few = spec.curves.reduce((sum, one) => sum + one.x.length, 0) <= 400;
	const firsts = new Set(groups.map((group) => spec.curves.findIndex((one) => one.group === group)));
	const data = spec.curves.map((one, i) => {
		const place = groups.indexOf(one.group);
		return {
			type: "scatter",
			mode: few && !spec.steps ? "lines+markers" : "lines",
			name: short(one.name, 60),
			legendgroup: String(place),
			showlegend: firsts.has(i),
			x: one.x,
			y: one.y,
			marker: { size: 5 },
			line: {
				color: lineColour(place),
				dash: DASHES[Math.floor(place / 8) % DASHES.length],
				width: 1.6,
				shape: spec.steps ? "hv" : "linear",
				simplify: false,
			},
		};
	});
	return { data, layout };
}

function drawRatios(spec) {
	const layout = base(140 + 30 * spec.rows.length);
	titled(layout.xaxis, spec.x);
	const ends = [1, ...spec.rows.flatMap((row) => [row.low ?? row.ratio, row.ratio, row.high ?? row.ratio])];
	const [least, most] = [Math.min(...ends), Math.max(...ends)].map(Math.log10);
	const space = 0.04 * (most - least) + 0.002;
	scaled(layout.xaxis, true, ends);
	layout.xaxis.range = [least - space, most + space];
	layout.margin.t = 40;
	layout.legend = { ...layout.legend, y: 1, yanchor: "bottom" };
	layout.yaxis.type = "category";
	layout.yaxis.autorange = "reversed";
	layout.yaxis.categoryarray = spec.rows.map((_, i) => i);
	layout.yaxis.tickvals = spec.rows.map((_, i) => i);
	layout.yaxis.ticktext = spec.rows.map((row) => short(row.label, 60));
	layout.shapes = [{
		type: "line", x0: 1, x1: 1, yref: "paper", y0: 0, y1: 1, line: { color: colour("muted"), dash: "dash", width: 1 },
	}];
	layout.showlegend = true;
	const kinds = [...new Set(spec.rows.map((row) => row.fidelity))];
	const data = kinds.map((kind) => {
		const rows = spec.rows.map((row, place) => ({ ...row, place })).filter((row) => row.fidelity === kind);
		const paint = colour(`fidelity-${kind}`);
		return {
			type: "scatter",
			mode: "markers",
			name: kind === "none" ? "no protection" : kind,
			x: rows.map((row) => row.ratio),
			y: rows.map((row) => row.place),
			text: rows.map((row) => short(`${row.label}: ${row.verdict}`, 120)),
			error_x: {
				type: "data",
				symmetric: false,
				array: rows.map((row) => (row.high === null ? 0 : row.high - row.ratio)),
				arrayminus: rows.map((row) => (row.low === null ? 0 : row.ratio - row.low)),
				color: paint,
				thickness: 2,
				width: 6,
			},
			marker: { symbol: SYMBOLS[kind], size: 10, color: paint },
		};
	});
	return { data, layout };
}

function drawWaterfall(spec) {
	const layout = base(420);
	titled(layout.yaxis, spec.y);
	layout.xaxis.type = "category";
	layout.xaxis.tickvals = spec.bars.map((_, i) => i);
	layout.xaxis.ticktext = spec.bars.map((bar) => short(bar.label, 40));
	layout.showlegend = false;
	const data = [{
		type: "waterfall",
		x: spec.bars.map((_, i) => i),
		y: spec.bars.map((bar) => bar.value),
		measure: spec.bars.map((bar) => (bar.kind === "total" ? "absolute" : "relative")),
		text: spec.bars.map((bar) => plain(bar.text)),
		textposition: "outside",
		cliponaxis: false,
		connector: { line: { color: colour("muted"), width: 1 } },
		increasing: { marker: { color: colour("line-1") } },
		decreasing: { marker: { color: colour("line-2") } },
		totals: { marker: { color: colour("line-0") } },
	}];
	return { data, layout };
}

const DRAW = { curves: drawCurves, ratios: drawRatios, waterfall: drawWaterfall };

let printed = false; // while the page is being printed

async function drawFigure(figure) {
	const select = figure.querySelector("select");
	const spec = JSON.parse(document.getElementById(select.value).textContent);
	const canvas = figure.querySelector(".canvas");
	const { data, layout } = DRAW[spec.kind](spec);
	if (printed) layout.width = PRINT_PX;
	await Plotly.react(canvas, data, layout, CONFIG);
	canvas.setAttribute("aria-label", `${spec.title}. ${spec.spoken}`);
	figure.querySelector("figcaption").textContent = [spec.title, spec.note].filter(Boolean).join(". ");
}

async function drawAll() {
	for (const figure of document.querySelectorAll("figure.plot")) await drawFigure(figure);
}

function setTheme(theme) {
	const root = document.documentElement;
	if (theme === "auto") delete root.dataset.theme;
	else root.dataset.theme = theme;
	return drawAll();
}

async function start() {
	const tables = {};
	const theme = document.getElementById("theme");
	theme.addEventListener("change", () => setTheme(theme.value));
	document.getElementById("switch").hidden = false;
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
	window.addEventListener("beforeprint", () => {
		printed = true;
		for (const more of document.querySelectorAll("details")) more.open = true;
		setTheme("light");
	});
	window.addEventListener("afterprint", () => {
		printed = false;
		setTheme(theme.value);
	});
	for (const figure of document.querySelectorAll("figure.plot"))
		figure.querySelector("select").addEventListener("change", () => drawFigure(figure));
	await drawAll();
	for (const box of document.querySelectorAll("[data-table]")) {
		const table = new Table(box);
		tables[box.dataset.table] = table;
		await table.draw();
		table.say([true]);
	}
	window.worldgate = { tables };
	document.documentElement.dataset.ready = String(performance.now()); // tests and benchmarks wait for it
}

window.addEventListener("load", () => {
	start().catch((error) => {
		document.getElementById("broken").hidden = false;
		document.getElementById("broken").textContent = `This page could not be set up: ${error.message}`;
		console.error(error);
	});
});
