// Sorts and filters tables where a browser runs scripts; every page is whole without it.
(() => {
  "use strict";
  const LONG = 12;
  // A row that spans columns has only its first to be sorted by.
  const said = (row, index) => {
    const cell = row.cells.length === row.closest("table").tHead.rows[0].cells.length || !index ? row.cells[index] : null;
    const exact = cell?.querySelector("data, time");
    if (exact) return exact.getAttribute("value") ?? exact.getAttribute("datetime");
    return !cell || cell.querySelector(".unknown") || cell.textContent.trim() === "–" ? null : cell.textContent.trim();
  };
  const order = (one, other) => {
    const [a, b] = [Number(one), Number(other)];
    return one !== "" && other !== "" && !Number.isNaN(a) && !Number.isNaN(b) ? a - b : one.localeCompare(other);
  };
  const sort = (table, index, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [said(row, index), row]);
    // What is not known stands last, whichever way.
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : (falling ? -1 : 1) * order(a, b)));
    body.append(...rows.map(([, row]) => row));
  };
  for (const table of document.querySelectorAll("table")) {
    if (table.tHead?.rows.length !== 1 || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.setAttribute("aria-label", `Sort by ${head.textContent.trim()}`);
      button.addEventListener("click", () => sort(table, index, head));
      head.append(button);
    });
    if (table.tBodies[0].rows.length < LONG) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    input.addEventListener("input", () => {
      const sought = input.value.trim().toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(sought);
    });
    label.append("Only rows with ", input);
    (table.closest(".scroll") ?? table).before(label);
  }
  // A link to a row that is folded away or filtered out shows it.
  const show = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
})();
