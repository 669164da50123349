// Keeps the live part of the front page live. Everything works without script.
const part = document.getElementById("live-part");
if (part) {
  let failures = 0;
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch("/live", { headers: { accept: "text/html" } });
        if (answer.ok) {
          part.innerHTML = await answer.text();
          failures = 0;
        } else {
          failures += 1;
        }
      } catch {
        failures += 1;
      }
    }
    part.classList.toggle("stale", failures > 1);
    // A server that does not answer is asked less and less often, up to once a minute.
    setTimeout(refresh, Math.min(5000 * 2 ** failures, 60000));
  };
  setTimeout(refresh, 5000);
}

// Finds events while somebody types. Without it the form asks the server.
const search = document.getElementById("search");
if (search) {
  let turn = 0;
  search.addEventListener("input", () => {
    const mine = (turn += 1);
    setTimeout(async () => {
      if (mine !== turn) return;
      const address = "/events?q=" + encodeURIComponent(search.value.trim());
      const answer = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
      if (mine !== turn || !answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const events = page.getElementById("events");
      if (mine !== turn || !events) return;
      document.getElementById("events").replaceChildren(...events.childNodes);
      history.replaceState(null, "", address);
    }, 200);
  });
}
