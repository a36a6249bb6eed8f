/** The status page. */
async function show(): Promise<void> {
  const page = document.querySelector("#page");
  const answer = await fetch("/status");
  if (page !== null) page.textContent = await answer.text();
}

void show();
