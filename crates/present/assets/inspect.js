// Shows events as they come. Without it, the page shows what had come when it was opened.
const KEPT = 200;
const list = document.getElementById("events");
const template = document.getElementById("event");
const onlyBad = document.getElementById("only-bad");
const paused = document.getElementById("paused");
const counts = document.getElementById("counts");
document.getElementById("controls").hidden = false;

const known = new Set();
const keyOf = (event) => event.offset + " " + event.received_at;
let held = [];

const show = (event) => {
  const part = template.content.firstElementChild.cloneNode(true);
  const put = (name, text) => (part.querySelector(name).textContent = text ?? "");
  part.dataset.status = event.status;
  put(".status", event.status);
  put(".event", event.event);
  put("time", event.received_at);
  put(".reason", event.reason);
  put(".why", event.detail);
  put(".id", event.event_id);
  part.querySelector(".detail").hidden = !event.detail;
  const payload = event.payload ?? event.payload_base64;
  part.querySelector("pre").hidden = payload === undefined;
  put(".payload", payload === undefined ? "" : JSON.stringify(payload, null, 2));
  document.getElementById("nothing")?.remove();
  list.prepend(part);
  while (list.children.length > KEPT) list.lastElementChild.remove();
};

const take = (event) => {
  const key = keyOf(event);
  if (known.has(key)) return;
  known.add(key);
  if (known.size > 10 * KEPT) known.delete(known.values().next().value);
  if (paused.checked) held.push(event);
  else show(event);
  held = held.slice(-KEPT);
};

onlyBad.addEventListener("change", () => list.classList.toggle("only-bad", onlyBad.checked));
paused.addEventListener("change", () => {
  if (paused.checked) return;
  held.forEach(show);
  held = [];
});
document.getElementById("reset").addEventListener("click", async () => {
  const answer = await fetch("/inspect/reset", { method: "POST" }).catch(() => null);
  if (!answer?.ok) return;
  list.replaceChildren();
  tell(await answer.json());
});

const tell = ({ good, bad }) => {
  const text = `${good.toLocaleString("en")} ${good === 1 ? "good event" : "good events"}, ${bad.toLocaleString("en")} wrong.`;
  if (counts.textContent !== text) counts.textContent = text;
};

// The stream has what was kept; requests that were refused whole are only in the list of bad ones.
let refused = -1;
const look = async () => {
  if (!document.hidden) {
    const all = await fetch("/inspect/all").catch(() => null);
    counts.classList.toggle("stale", !all?.ok);
    if (all?.ok) {
      const found = await all.json();
      tell(found);
      if (found.bad !== refused) {
        refused = found.bad;
        const bad = await fetch("/inspect/bad?limit=50").catch(() => null);
        if (bad?.ok) (await bad.json()).filter((event) => event.status === "refused").forEach(take);
      }
    }
  }
  setTimeout(look, 1500);
};

const stream = new EventSource("/v1/subscribe?bad=1");
for (const status of ["ok", "quarantined"]) stream.addEventListener(status, ({ data }) => take(JSON.parse(data)));
// What the page came with is there already.
fetch("/inspect/bad?limit=50")
  .then((answer) => answer.json())
  .then((bad) => bad.forEach((event) => known.add(keyOf(event))))
  .catch(() => {})
  .finally(look);
