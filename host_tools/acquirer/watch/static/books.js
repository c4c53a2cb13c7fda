// Terminals, batches, the ledger and accounts, drawn anew from what the host tells of them.

import { money, word } from "./words.js";

const terminals = document.getElementById("terminals");
const figures = document.getElementById("figures");
let books = null;
let chosen = "";

export function showBooks(told, tid) {
  books = told ?? books;
  chosen = tid ?? chosen;
  if (!books) return;
  showTerminals();
  showFigures();
  fill("entries", ["entry", "time", "what", "terminal", "from", "to", "amount"], books.entries.map(entryRow));
  fill("batches", ["terminal", "batch", "time", "debit", "credit", "net", "state"], batches().map(batchRow));
  const rest = books.account_count - books.accounts.length;
  const more = rest > 0 ? [[`${word("more")} ${rest}`, ""]] : [];
  fill("accounts", ["account", "balance"], [...books.accounts.map((one) => [owner(one.name), fen(one.balance)]), ...more]);
}

function showTerminals() {
  terminals.replaceChildren(...books.terminals.map((terminal) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.tid = terminal.tid;
    button.setAttribute("aria-pressed", terminal.tid === chosen);
    button.append(
      part("tid", terminal.tid),
      part(terminal.signed_in ? "signed in" : "signed", word(terminal.signed_in ? "signed_in" : "signed_off")),
      part("merchant", terminal.merchant),
      part("batch", `${word("batch")} ${terminal.batch} · ${terminal.suite.toUpperCase()}`),
      part("sum", `${word("debit")} ${terminal.debits} / ${money(terminal.debit)}`),
      part("sum", `${word("credit")} ${terminal.credits} / ${money(terminal.credit)}`),
    );
    item.append(button);
    return item;
  }));
}

function showFigures() {
  const all = batches();
  const sum = (name) => all.reduce((total, batch) => total + batch[name], 0);
  figures.replaceChildren(
    figure(`${sum("debits").toLocaleString("en")} ${word("sales")}`, `¥ ${money(sum("debit"))}`),
    figure(`${sum("credits").toLocaleString("en")} ${word("credits")}`, `¥ ${money(sum("credit"))}`),
  );
}

function batches() {
  return [...books.terminals, ...books.closed];
}

function batchRow(batch) {
  const closed = "equal" in batch;
  const state = closed ? (batch.equal ? "balanced" : "unbalanced") : "open";
  const shown = document.createElement("span");
  shown.className = `mark ${state}`;
  shown.textContent = word(state);
  return [
    batch.tid,
    batch.batch,
    closed ? clock(batch.at) : "",
    fen(batch.debit, batch.debits),
    fen(batch.credit, batch.credits),
    fen(batch.debit - batch.credit),
    shown,
  ];
}

function entryRow(entry) {
  const what = entry.reverses ? `${word(entry.kind ?? "")} ${word("reverses")} ${entry.reverses}` : word(entry.kind ?? "opening");
  const stan = entry.stan ? `${entry.tid} ${entry.stan}` : "";
  return [entry.number, entry.at ? clock(entry.at) : "", what, stan, owner(entry.payer), owner(entry.payee), fen(entry.amount)];
}

function fill(id, columns, rows) {
  const sheet = document.getElementById(id);
  if (!rows.length) {
    sheet.replaceChildren(part("empty", word("nothing")));
    return;
  }
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const name of columns) {
    const cell = document.createElement("th");
    cell.textContent = word(name);
    cell.className = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((content, column) => {
      const cell = row.insertCell();
      cell.className = columns[column];
      cell.append(content);
    });
  }
  sheet.replaceChildren(table);
}

function owner(name) {
  const [kind, ...rest] = name.split(" ");
  return [word(kind), ...rest].join(" ");
}

function clock(at) {
  return `${at.slice(5, 10)} ${at.slice(11, 19)}`;
}

function fen(amount, count) {
  const shown = document.createElement("span");
  shown.className = amount < 0 ? "fen below" : "fen";
  shown.textContent = count === undefined ? money(amount) : `${count} / ${money(amount)}`;
  return shown;
}

function part(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function figure(name, value) {
  const element = document.createElement("p");
  element.append(part("value", value), part("name", name));
  return element;
}
