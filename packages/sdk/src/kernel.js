/*
 * For kernels that cannot read a module: a classic script, in words that Internet Explorer 8 still understands. Pages load it
 * before anything else. Where the kernel is too old it writes one sentence into the element with the id "shared-certificate-kernel"
 * and un-hides it; elsewhere it does nothing.
 */
(function () {
  var sentence =
    "\u5f53\u524d\u662f\u517c\u5bb9\u6a21\u5f0f\uff08\u6216\u6d4f\u89c8\u5668\u7248\u672c\u8fc7\u4f4e\uff09\uff0c\u8bf7\u5207\u6362\u5230\u6781\u901f\u6a21\u5f0f\u3002";
  if (!document.documentMode && typeof Array.prototype.toSorted === "function") return;
  function show() {
    var place = document.getElementById("shared-certificate-kernel");
    if (!place) return;
    place.appendChild(document.createTextNode(sentence));
    place.removeAttribute("hidden");
    place.style.display = "block";
  }
  if (document.addEventListener) document.addEventListener("DOMContentLoaded", show);
  else window.attachEvent("onload", show);
})();
