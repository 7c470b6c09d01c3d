// Offers the browser's location where there is one; without this script the position is typed.
const button = document.getElementById("locate");
if ("geolocation" in navigator && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const here = { latitude: coords.latitude.toFixed(5), longitude: coords.longitude.toFixed(5) };
        location.assign(`/?${new URLSearchParams(here)}`);
      },
      () => {
        button.hidden = true;
        document.getElementById("denied").hidden = false;
      },
      { timeout: 10000, maximumAge: 60000 },
    );
  });
}
