// Sort, filter and fold tables; copy commands. Without this script every table is there, in full and in its order.
"use strict";
(() => {
  const LONG = 15; // rows: a longer table is folded, and can be filtered
  const SHOWN = 10; // rows of a folded table
  const MOST_VALUES = 60; // of a list to choose from

  /** @param {HTMLTableRowElement} row @param {number} column */
  function cell(row, column) {
    return (row.cells[column].textContent || "").trim();
  }

  /** The number at the start of a cell, null if there is none: "0.953 [0.950, 0.957]", "1,234", "−0.2", "≤ 0.001".
   * @param {string} text
   */
  function number(text) {
    const found = /^[≤<]?\s*([+−-]?)((?:\d[\d,]*)?\.?\d+(?:e[+-]?\d+)?)/.exec(text);
    return found ? Number(found[2].replaceAll(",", "")) * (/[−-]/.test(found[1]) ? -1 : 1) : null;
  }

  /** Whether a column has numbers only. Names of heads (2.10 comes after 2.9) and words are ordered as text.
   * @param {HTMLTableRowElement[]} rows @param {number} column @param {string} head
   */
  function isNumeric(rows, column, head) {
    const texts = rows.map((row) => cell(row, column)).filter((text) => text && text !== "–");
    return head !== "head" && texts.length > 0 && texts.every((text) => number(text) !== null);
  }

  /** Rows in the order of a column; cells without a value come last.
   * @param {HTMLTableRowElement[]} rows @param {number} column @param {boolean} numeric @param {number} sign
   */
  function ordered(rows, column, numeric, sign) {
    const text = new Intl.Collator("en", { numeric: true });
    const keyed = rows.map((row) => ({ row, key: cell(row, column) }));
    keyed.sort((a, b) => {
      const empty = Number(!a.key || a.key === "–") - Number(!b.key || b.key === "–");
      if (empty) return empty;
      const order = numeric ? (number(a.key) ?? 0) - (number(b.key) ?? 0) : text.compare(a.key, b.key);
      return sign * order;
    });
    return keyed.map((one) => one.row);
  }

  /** @param {HTMLTableElement} table */
  function sortable(table) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const turn = () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const rows = [...body.rows];
        body.append(...ordered(rows, column, isNumeric(rows, column, head.textContent || ""), sign));
        table.dispatchEvent(new Event("reorder"));
      };
      head.dataset.sort = "";
      head.tabIndex = 0;
      head.title = "Click to sort";
      head.addEventListener("click", (event) => {
        if (!(event.target instanceof HTMLAnchorElement)) turn();
      });
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target !== head) return;
        turn();
      });
    });
  }

  /** A list of the values of a column; "" stands for all of them.
   * @param {HTMLTableElement} table @param {HTMLTableCellElement} head @param {HTMLElement} tools
   */
  function picker(table, head, tools) {
    const column = head.cellIndex;
    const values = [...new Set([...table.tBodies[0].rows].map((row) => cell(row, column)))].sort();
    if (values.length > MOST_VALUES) return null;
    const select = document.createElement("select");
    const name = head.dataset.pick || "";
    select.append(new Option(`${name}: all`, ""), ...values.map((value) => new Option(value, value)));
    select.setAttribute("aria-label", name);
    select.value = new URLSearchParams(location.hash.slice(1)).get(name) ?? "";
    if (select.selectedIndex < 0) select.value = "";
    tools.append(select);
    return { column, select };
  }

  /** Fold a long table, with a field that keeps the rows that contain a text.
   * @param {HTMLTableElement} table
   */
  function foldable(table) {
    const body = table.tBodies[0];
    if (!("fold" in table.dataset) || body.rows.length <= LONG) return;
    const tools = document.createElement("div");
    tools.className = "tools";
    (table.parentElement ?? table).before(tools);
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = "filter rows";
    field.setAttribute("aria-label", "filter rows");
    tools.append(field);
    const heads = /** @type {HTMLTableCellElement[]} */ ([...table.querySelectorAll("th[data-pick]")]);
    const pickers = heads.map((head) => picker(table, head, tools)).filter((one) => one !== null);
    const button = document.createElement("button");
    const count = document.createElement("span");
    tools.append(button, count);
    let open = false;
    const draw = () => {
      const wanted = field.value.trim().toLowerCase();
      const picked = pickers.filter((one) => one.select.value);
      const rows = [...body.rows];
      const kept = rows.filter(
        (row) =>
          (!wanted || (row.textContent || "").toLowerCase().includes(wanted)) &&
          picked.every((one) => cell(row, one.column) === one.select.value),
      );
      const shown = new Set(open ? kept : kept.slice(0, SHOWN));
      for (const row of rows) row.hidden = !shown.has(row);
      button.textContent = open ? `show the first ${SHOWN}` : `show all ${kept.length.toLocaleString("en")}`;
      button.hidden = kept.length <= SHOWN;
      count.textContent = `${shown.size.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
    };
    button.addEventListener("click", () => {
      open = !open;
      draw();
    });
    field.addEventListener("input", draw);
    table.addEventListener("reorder", draw);
    for (const one of pickers) one.select.addEventListener("change", draw);
    draw();
  }

  /** A click on the id of a sentence puts it into the command beside the table; a button copies the command.
   * @param {HTMLElement} command
   */
  function copyable(command) {
    const button = document.createElement("button");
    button.textContent = "copy";
    command.after(button);
    button.addEventListener("click", async () => {
      getSelection()?.selectAllChildren(command);
      await navigator.clipboard?.writeText(command.textContent || "").catch(() => undefined);
      button.textContent = navigator.clipboard ? "copied" : "selected";
    });
    const { before = "" } = command.dataset;
    for (const id of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("code[data-sentence]"))) {
      const choose = document.createElement("button");
      choose.className = "id mono";
      choose.textContent = id.textContent;
      choose.title = "put this sentence into the command";
      choose.addEventListener("click", () => {
        command.textContent = `${before}${id.dataset.sentence}`;
        button.textContent = "copy";
        command.scrollIntoView({ block: "nearest" });
      });
      id.replaceWith(choose);
    }
  }

  for (const table of document.querySelectorAll("table")) {
    sortable(table);
    foldable(table);
  }
  const command = /** @type {HTMLElement | null} */ (document.querySelector("code[data-before]"));
  if (command) copyable(command);
})();
