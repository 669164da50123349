// The search of the catalogue as a file: shows the events of which every word is said.
const search = document.getElementById("search");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("[data-words]")];
const show = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.includes(word));
  for (const owner of document.querySelectorAll(".owner")) {
    owner.hidden = ![...owner.querySelectorAll("[data-words]")].some((row) => !row.hidden);
  }
  const count = rows.filter((row) => !row.hidden).length;
  found.textContent = count === rows.length ? `${count} events` : `${count} of ${rows.length} events`;
};
if (search) {
  search.form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", show);
  search.value = new URLSearchParams(location.search).get("q") ?? search.value;
  show();
}
